/** A worker as its starter has it: a port whose end is heard of. */
import type { Port } from './wire.ts';

/** A worker of a page, or of Node's `worker_threads`. */
export interface WorkerLike {
  // biome-ignore lint/suspicious/noExplicitAny: both kinds take any message
  postMessage(message: any): void;
  terminate(): unknown;
}

export interface Lifeline extends Port {
  /** Is told why, when the worker has ended by itself or by somebody else. */
  onEnd(listener: (why: string, cause?: unknown) => void): void;
  end(): Promise<void>;
}
