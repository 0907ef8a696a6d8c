/** Workers of Node's `worker_threads`. */
// biome-ignore lint/style/useNodejsImportProtocol: webpack (5.112) bundles what a Worker of `worker_threads` runs, by this name alone
import { Worker } from 'worker_threads';
import type { Lifeline, WorkerLike } from './lifeline.ts';

/** A program in `--eval` says by `--input-type` what it is, which workers refuse to be told of a file. */
const isEvaluated = () => process.execArgv.some((option) => option.startsWith('--input-type'));

export const startWorker = (): Lifeline =>
  lifelineOf(new Worker(new URL('./serve.node.ts', import.meta.url), isEvaluated() ? { execArgv: [] } : {}));

export function lifelineOf(given: WorkerLike): Lifeline {
  const worker = given as Worker;
  // An idle worker holds no process.
  worker.unref();
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[]),
    listen: (listener) => void worker.on('message', listener),
    waiting: (waits) => (waits ? worker.ref() : worker.unref()),
    onEnd(listener) {
      worker.on('error', (error) => listener((error as Error).message, error));
      worker.on('exit', (code) => listener(`it exited with code ${code}`));
    },
    async end() {
      await worker.terminate();
    },
  };
}

/** Threads of a process stand in one folder. */
export const placeHere = (name: string): string => name;
