/** A model in its worker with one session, which go on on the next backend when their device is lost. */
import type { BackendName } from '@famjs/backends';
import type { LoadProgress, ModelPlace } from '@famjs/zoo';
import { loadModel, type WorkerModel, type WorkerSession } from '@famjs/zoo/worker';
import { pageBackends } from '../../engine/engine.ts';
import { failureOf } from '../../worker/failure.ts';
import type { Failure } from '../../worker/protocol.ts';

/** Where a model lies, or what fetches its files first. */
export type Place =
  | ModelPlace
  | ((signal: AbortSignal, onProgress: (news: LoadProgress) => void) => Promise<ModelPlace>);

export interface LoadChoice {
  /** What the visitor sees. */
  name: string;
  place: Place;
  /** The backend to begin on; the next that starts takes its place where it does not. */
  backend: BackendName;
  /** Tokens that stay visible to a model without a FAM of its own. */
  context?: number | undefined;
}

export interface RunningModel {
  readonly model: WorkerModel;
  readonly session: WorkerSession;
  /** Has this session in place of the one that there is. */
  begin(session: WorkerSession): void;
  /**
   * Works on the session. When the device is lost under it, the work is done again on the next backend, by a session that stands
   * where the last work that was finished left it.
   *
   * @throws what `run` throws, and the loss where no backend is left
   */
  surely(run: (session: WorkerSession) => Promise<void>, signal: AbortSignal): Promise<void>;
  /** Ends the worker. */
  dispose(): void;
}

interface Hooks {
  onProgress(news: LoadProgress): void;
  onMoved(failure: Failure & { movedFrom: BackendName }): void;
}

export async function openRunning(
  { place, backend, context }: LoadChoice,
  signal: AbortSignal,
  { onProgress, onMoved }: Hooks,
): Promise<RunningModel> {
  let backends = [backend, ...pageBackends.filter((name) => name !== backend)];
  const load = async (stop: AbortSignal): Promise<WorkerModel> => {
    const fetches = typeof place === 'function';
    const from = fetches ? await place(stop, onProgress) : place;
    const options = { backend: backends, signal: stop, ...(context !== undefined && { context }) };
    return loadModel(from, fetches ? options : { ...options, onProgress });
  };
  let model = await load(signal);
  let session = model.session();
  let kept: Uint8Array | undefined;
  /** Whether what there is works; else it is opened anew. */
  let afloat = true;

  const keep = async () => {
    kept = await session.save();
  };
  const reopen = async (stop: AbortSignal) => {
    model = await load(stop);
    session = kept ? await model.restore(kept) : model.session();
    afloat = true;
  };
  /** Leaves the backend whose device is gone. @throws the loss where it was the last */
  const abandon = (error: unknown) => {
    const lostOn = afloat ? model.backend.name : backends[0]!;
    const failure = failureOf(error);
    backends = backends.filter((name) => name !== lostOn);
    model.dispose();
    if (!failure.lost || backends.length === 0) throw error;
    afloat = false;
    onMoved({ ...failure, movedFrom: lostOn });
  };

  return {
    get model() {
      return model;
    },
    get session() {
      return session;
    },
    begin(another) {
      session.dispose();
      session = another;
    },
    async surely(run, stop) {
      for (;;) {
        try {
          if (!afloat) await reopen(stop);
          await run(session);
          return await keep();
        } catch (error) {
          if (stop.aborted) await keep().catch(() => {});
          if (stop.aborted || (afloat && !failureOf(error).lost)) throw error;
          abandon(error);
        }
      }
    },
    dispose: () => model.dispose(),
  };
}
