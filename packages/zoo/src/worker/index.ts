export type { WorkerLike } from './lifeline.ts';
export { loadModel, type WorkerOptions } from './load-model.ts';
export type { WorkerModel, WorkerSession } from './worker-model.ts';
