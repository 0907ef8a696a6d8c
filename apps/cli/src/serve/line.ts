/** The line before the model, which does one thing at a time: who comes while it is full is sent away. */
import { ApiError } from './api-error.ts';

export interface Line {
  /**
   * Does `work` after all that came before.
   *
   * @throws ApiError with status 429 when the line is full, and the signal's reason when it comes before the turn does
   */
  pass<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result>;
}

/** @param most how many may wait */
export function lineOf(most: number): Line {
  const waiting: (() => void)[] = [];
  let busy = false;
  let lastSeconds = 1;

  const turn = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const leave = () => {
        waiting.splice(waiting.indexOf(come), 1);
        reject(signal.reason);
      };
      const come = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      waiting.push(come);
    });

  return {
    async pass(signal, work) {
      signal.throwIfAborted();
      if (busy) {
        if (waiting.length >= most) throw full(lastSeconds);
        await turn(signal);
      }
      busy = true;
      const began = performance.now();
      try {
        return await work();
      } finally {
        lastSeconds = (performance.now() - began) / 1000;
        // Whoever comes next takes the place over: it is not free in between.
        const next = waiting.shift();
        if (next) next();
        else busy = false;
      }
    },
  };
}

const full = (seconds: number) =>
  new ApiError('Too many requests are waiting for the model. Try again later.', {
    status: 429,
    code: 'queue_full',
    headers: { 'retry-after': String(Math.min(60, Math.max(1, Math.ceil(seconds)))) },
  });
