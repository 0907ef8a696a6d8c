/** The page's end of a worker: runs a job in it, and goes on with another backend when a device is lost. */
import type { BackendName } from '@famjs/backends';
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Failure, JobName, Jobs, Order, Report, Saved, Stage } from '../worker/protocol.ts';

/** The backends of a page. Small models are quickest on wasm, which starts everywhere; the others are a visitor's choice. */
export const pageBackends = ['wasm', 'webgpu', 'webgl', 'cpu'] as const satisfies readonly BackendName[];

export interface Running<Name extends JobName> {
  /** How far its start has come. */
  stage: ReadonlySignal<Stage>;
  /** What went wrong last; a run that goes on elsewhere says so in `movedFrom`. */
  failure: ReadonlySignal<(Failure & { movedFrom?: BackendName | undefined }) | undefined>;
  tell(command: Jobs[Name]['command']): void;
  /** Interrupts the job and ends its worker, with everything in it. */
  leave(): void;
}

/** Milliseconds that a job has to free what it holds before its worker is ended under it. */
const patience = 500;

let runs = 0;

/** Opens a worker and runs a job in it: on `preferred`, or the next backend that starts. */
export function runJob<Name extends JobName>(
  job: Name,
  input: Jobs[Name]['input'],
  preferred: BackendName,
  onEvent: (event: Jobs[Name]['event']) => void,
): Running<Name> {
  const stage = signal<Stage>({ name: 'checking' });
  const failure = signal<(Failure & { movedFrom?: BackendName | undefined }) | undefined>(undefined);
  let backends: BackendName[] = [preferred, ...pageBackends.filter((name) => name !== preferred)];
  let saved: Saved | undefined;
  let current: { worker: Worker; run: number } | undefined;

  const send = (order: Order) => current?.worker.postMessage(order);

  function start(): void {
    const run = ++runs;
    const worker = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module' });
    current = { worker, run };
    worker.onmessage = ({ data }: MessageEvent<Report<Name>>) => {
      if (data.run !== current?.run) return;
      if (data.type === 'stage') stage.value = data.stage;
      else if (data.type === 'event') onEvent(data.event);
      else if (data.type === 'saved') saved = data.saved;
      else if (data.type === 'failed') fail(data.failure);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      const wrong = `The worker ended: ${event.message || 'the browser gave no reason'}.`;
      fail({ name: 'WorkerError', wrong, lost: true });
    };
    send({ type: 'run', run, job, backends, input, ...(saved && { saved }) } as Order);
  }

  /** Goes on with the backends that are left where the device was lost; else the run ends here. */
  function fail(what: Failure): void {
    const lostOn = stage.value.name === 'ready' ? stage.value.backend.name : backends[0];
    current?.worker.terminate();
    current = undefined;
    backends = backends.filter((name) => name !== lostOn);
    const moves = what.lost && backends.length > 0;
    failure.value = { ...what, movedFrom: moves ? lostOn : undefined };
    if (moves) start();
  }

  start();
  return {
    ...{ stage, failure },
    tell: (command) => current && send({ type: 'tell', run: current.run, command } as Order),
    leave() {
      if (!current) return;
      const { worker, run } = current;
      const end = () => {
        clearTimeout(timer);
        worker.terminate();
      };
      const timer = setTimeout(end, patience);
      worker.onmessage = ({ data }: MessageEvent<Report>) => {
        if (data.type === 'done' || data.type === 'failed') end();
      };
      worker.postMessage({ type: 'interrupt', run } satisfies Order);
      current = undefined;
    },
  };
}
