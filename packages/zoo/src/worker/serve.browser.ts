/** The script of a page's worker: imported there, it serves the page. */
import { serveModel } from './host.ts';

declare const WorkerGlobalScope: (new () => EventTarget) | undefined;
const scope = globalThis as unknown as EventTarget & {
  postMessage(message: unknown, transfer: Transferable[]): void;
};

if (typeof WorkerGlobalScope === 'function' && scope instanceof WorkerGlobalScope) {
  serveModel({
    post: (message, transfer) => scope.postMessage(message, transfer),
    listen(listener) {
      scope.addEventListener('message', (event) => {
        const { data } = event as MessageEvent;
        const { watch } = data as { watch?: string };
        if (watch === undefined) listener(data);
        else holdForLife(watch);
      });
    },
  });
}

/** Holds a lock as long as this worker lives: whoever waits for it hears of its end. */
function holdForLife(lock: string): void {
  void navigator.locks.request(lock, () => {
    scope.postMessage({ watched: lock }, []);
    return new Promise(() => {});
  });
}
