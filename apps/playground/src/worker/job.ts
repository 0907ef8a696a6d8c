/** What a job is: a generator of events that hears commands and can be interrupted. */
import type { JobName, Jobs, Saved, Stage } from './protocol.ts';

export interface JobContext<Name extends JobName> {
  input: Jobs[Name]['input'];
  /** What an earlier run of the same job saved before its device was lost. */
  saved: Saved | undefined;
  /** Ends the job: calls that take a signal get this one. */
  signal: AbortSignal;
  /** Commands that came since it was asked last. */
  commands(): Jobs[Name]['command'][];
  /** Waits for a command. @throws the reason of the signal */
  nextCommand(): Promise<Jobs[Name]['command']>;
  stage(stage: Stage): void;
  /** Keeps, on the page, from what the job can be gone on with. */
  save(saved: Saved): void;
}

/** Runs on a started backend; frees every tensor that it makes, however it ends. */
export type Job<Name extends JobName> = (context: JobContext<Name>) => AsyncGenerator<Jobs[Name]['event']>;
