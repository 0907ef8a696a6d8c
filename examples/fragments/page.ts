/** Pieces of code in pages that are no program of their own, and run in a browser: each in a function that gives it what its page takes for granted. */
import { setBackend } from '@famjs/backends';
import { type Run, type TrainingEvent, type TrainingState, train } from '@famjs/trainer';
import { openPageRun } from '@famjs/trainer/page';
import { loadModel, type Session } from '@famjs/zoo';
import type { loadModel as loadInWorker } from '@famjs/zoo/worker';

export const fragments = {
  async vite() {
    await setBackend('auto'); // webgpu, webgl, wasm or cpu
    const model = await loadModel(new URL('/passkey-fam', location.href).href);
    return model;
  },

  async stopped(session: Session, book: string, button: HTMLButtonElement, show: (tokens: number) => void) {
    const stop = new AbortController();
    button.onclick = () => stop.abort();
    await session.read(book, { signal: stop.signal, onProgress: ({ tokens }) => show(tokens) });
  },

  async ownWorker(loadModel: typeof loadInWorker) {
    const worker = new Worker(new URL('./model-worker.js', import.meta.url), { type: 'module' });
    const model = await loadModel('/passkey-fam', { worker });
    return model;
  },

  async trainedInPage(run: Run, state: TrainingState, show: (event: TrainingEvent) => void) {
    const kept = await openPageRun('my-memory');
    await kept.restore(run, state); // stays fresh where nothing is kept; refuses that of another run
    for await (const event of train(run, state, { save: () => kept.save(run, state) })) show(event);
    return kept;
  },
};
