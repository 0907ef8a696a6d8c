/** `loadModel` for those who want it in a worker: the same model and sessions, while the thread that asks stays free. */
import type { BackendName, BackendOptions } from '@famjs/backends';
import { DisposedError, WorkerLostError } from '@famjs/backends/errors';
import { lifelineOf, placeHere, startWorker } from '#worker';
import type { ModelOptions } from '../model-options.ts';
import type { ModelPlace } from '../sources/open-source.ts';
import { guarded } from './guarded.ts';
import type { Host } from './host.ts';
import type { WorkerLike } from './lifeline.ts';
import { connect } from './wire.ts';
import { type WorkerModel, workerModel } from './worker-model.ts';

export interface WorkerOptions extends ModelOptions {
  /** What `setBackend` is asked for in the worker; `auto` unless given. */
  backend?: BackendName | 'auto' | readonly BackendName[];
  backendOptions?: BackendOptions;
  tokenizer?: false;
  /**
   * A worker whose script imports `@famjs/zoo/worker/serve`, where a bundler does not make one of this package (esbuild, Vite's
   * development server). It serves one model and ends with it.
   */
  worker?: WorkerLike;
}

/**
 * Starts a worker and loads a model in it. One worker is one model and its sessions; `dispose()` ends it.
 *
 * @param from as of `loadModel`; paths of a page are the page's, and files are not copied
 * @returns a model whose sessions have the same calls, and fail with the same errors
 * @throws what `setBackend` and `loadModel` throw, and the signal's reason, upon which the worker is ended
 * @throws WorkerLostError when the worker does not start, or ends before it is told to
 */
export async function loadModel(from: ModelPlace, options: WorkerOptions = {}): Promise<WorkerModel> {
  const { worker, signal, onProgress, backend = 'auto', backendOptions = {}, ...others } = options;
  signal?.throwIfAborted();
  const line = worker ? lifelineOf(worker) : startWorker();
  const remote = connect<Host>(line);
  let started = false;
  line.onEnd((why, cause) => remote.end(lost(why, cause, started)));
  const abort = () => remote.end(signal!.reason);
  signal?.addEventListener('abort', abort);
  const progress = onProgress && guarded(onProgress, (error) => remote.end(error));
  const load = {
    ...{ ...others, backend, backendOptions },
    ...(others.memory !== undefined && { memory: movable(others.memory) }),
    ...(others.adapters && { adapters: others.adapters.map(movable) }),
    ...(progress && { onProgress: progress }),
  };
  try {
    const facts = await remote.call('loadModel', movable(from), load);
    started = true;
    return workerModel(remote, facts, async () => {
      remote.end(disposed(facts.name));
      await line.end();
    });
  } catch (error) {
    remote.end(error);
    await line.end();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** A place as a worker can be told of it. */
function movable(from: ModelPlace): ModelPlace {
  if (typeof from === 'string') return placeHere(from);
  if (from instanceof URL) return from.href;
  const listed = typeof from === 'object' && from !== null && Symbol.iterator in from;
  return listed ? Array.from(from) : from;
}

const lost = (why: string, cause: unknown, started: boolean) =>
  new WorkerLostError(
    {
      wrong: `The worker is gone: ${why}.`,
      expected: started
        ? 'a worker that lasts until dispose().'
        : 'a worker that starts, and loads the model.',
      remedy: started
        ? 'load the model again and restore its sessions from what they saved.'
        : "pass { worker }, a worker of a file that says import '@famjs/zoo/worker/serve', or a model that fits into memory.",
    },
    { cause },
  );

const disposed = (name: string) =>
  new DisposedError({
    wrong: `The model ${name} was disposed of, and its worker has ended.`,
    expected: 'a model that is still there.',
    remedy: 'dispose of a model after its sessions, or load it again.',
  });
