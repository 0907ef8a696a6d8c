export { describeBackend } from './describe-backend.ts';
export type { BackendDescription } from './description.ts';
export * from './errors.ts';
export { provideKernels } from './kernel-sets.ts';
export { onDevice } from './lost-device.ts';
export { type BackendName, backendNames, isBackendName } from './names.ts';
export type { BackendOptions } from './options.ts';
export { type BackendReport, listBackends, setBackend } from './set-backend.ts';
export { tidied } from './tidied.ts';
