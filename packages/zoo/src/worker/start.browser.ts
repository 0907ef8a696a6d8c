/** Workers of a page. */
import type { Lifeline, WorkerLike } from './lifeline.ts';

export const startWorker = (): Lifeline =>
  lifelineOf(new Worker(new URL('./serve.browser.ts', import.meta.url), { type: 'module' }));

export function lifelineOf(given: WorkerLike): Lifeline {
  const worker = given as Worker;
  const ending = new AbortController();
  const on = (
    type: 'message' | 'error' | 'messageerror',
    listener: (event: MessageEvent & ErrorEvent) => void,
  ) => worker.addEventListener(type, listener as EventListener, { signal: ending.signal });
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen: (listener) =>
      on('message', ({ data }) => {
        if (!('watched' in data)) listener(data);
      }),
    onEnd(listener) {
      on('error', (event) => {
        event.preventDefault();
        worker.terminate();
        listener(event.message || 'its script cannot be loaded', event.error);
      });
      on('messageerror', () => listener('one of its messages cannot be read'));
      // Nothing is told of a worker that is terminated or runs out of memory; a lock that it holds is set free.
      if (!navigator.locks) return;
      const lock = `famjs-worker-${crypto.randomUUID()}`;
      on('message', ({ data }) => {
        if (data.watched !== lock) return;
        const ended = navigator.locks.request(lock, { signal: ending.signal }, () =>
          listener('it was terminated'),
        );
        ended.catch(() => {});
      });
      worker.postMessage({ watch: lock });
    },
    async end() {
      ending.abort();
      worker.terminate();
    },
  };
}

/** A worker's addresses begin at its script, the page's at the page. */
export const placeHere = (name: string): string =>
  /^\.{0,2}\//.test(name) ? new URL(name, location.href).href : name;
