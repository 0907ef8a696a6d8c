/** How often and how long a server is waited for. */

/** How often something is tried before it counts as failed. */
export const tries = 5;

/** Milliseconds before the first new try, then twice as many each time; tests have less patience. */
export const patience = { firstPause: 500 };

/** Milliseconds before the next try after so many. */
export const pauseBefore = (attempt: number): number => patience.firstPause * 2 ** (attempt - 1);

/** Waits, unless the signal has something against it. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
}
