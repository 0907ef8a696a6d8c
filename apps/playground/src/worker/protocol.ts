/** What page and worker say to each other: orders one way, reports the other. Types only. */
import type { BackendName } from '@famjs/backends';
import type { CompareCommand, CompareEvent, CompareInput } from '../views/compare/events.ts';
import type { InsideCommand, InsideEvent, InsideInput } from '../views/inside/events.ts';
import type { TrainCommand, TrainEvent, TrainInput } from '../views/train/events.ts';
import type { WatchCommand, WatchEvent, WatchInput } from '../views/watch/events.ts';

/** The jobs a worker can do: what each is given, is told while it runs, and yields. A new job gets its line here. */
export interface Jobs {
  watch: { input: WatchInput; command: WatchCommand; event: WatchEvent };
  train: { input: TrainInput; command: TrainCommand; event: TrainEvent };
  inside: { input: InsideInput; command: InsideCommand; event: InsideEvent };
  compare: { input: CompareInput; command: CompareCommand; event: CompareEvent };
}
export type JobName = keyof Jobs;

/** From the page. A worker does one run at a time; `run` tells the reports of one from those of another. */
export type Order<Name extends JobName = JobName> =
  /** Start the first of these backends that starts, load what the job needs, warm up, and run. */
  | {
      type: 'run';
      run: number;
      job: Name;
      backends: readonly BackendName[];
      input: Jobs[Name]['input'];
      saved?: Saved;
    }
  | { type: 'tell'; run: number; command: Jobs[Name]['command'] }
  | { type: 'interrupt'; run: number };

/** From the worker. A run goes through its stages in order, and ends with `done` or `failed`. */
export type Report<Name extends JobName = JobName> =
  | { type: 'stage'; run: number; stage: Stage }
  | { type: 'event'; run: number; event: Jobs[Name]['event'] }
  /** From what a run can be gone on with, on another backend. */
  | { type: 'saved'; run: number; saved: Saved }
  | { type: 'done'; run: number }
  | { type: 'failed'; run: number; failure: Failure };

export type Stage =
  /** Which of the backends starts here? Nothing is downloaded for those that cannot. */
  | { name: 'checking' }
  | { name: 'loading'; file: string; loaded: number; total: number | undefined }
  | { name: 'warming' }
  | { name: 'ready'; backend: RunningBackend };

export interface RunningBackend {
  name: BackendName;
  device: string;
  emulated: boolean;
}

/** What happened, in three parts where it is an error of FAM.js. */
export interface Failure {
  name: string;
  wrong: string;
  expected?: string;
  remedy?: string;
  /** The address of the page that explains it. */
  page?: string;
  /** Whether the device or the worker is gone, so that another backend may go on. */
  lost: boolean;
}

/** What a job needs to go on: numbers of its own, and bytes. */
export interface Saved {
  notes: unknown;
  bytes: Readonly<Record<string, Uint8Array>>;
}
