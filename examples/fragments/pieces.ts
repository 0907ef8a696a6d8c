/** Pieces of code in pages that are no program of their own, each in a function that gives it what it takes for granted: `types` compiles them. */
import { setBackend } from '@famjs/backends';
import { type Run, type TrainingEvent, type TrainingState, train } from '@famjs/trainer';
import { openPageRun } from '@famjs/trainer/page';
import { loadModel, type Model, type ModelPlace, type Session } from '@famjs/zoo';
import { saveMemory } from '@famjs/zoo/node';
import type { loadModel as loadInWorker } from '@famjs/zoo/worker';

export const fragments = {
  async accumulator(start: number, blocks: number[], update: (memory: number, block: number) => number) {
    let memory = start;
    for (const block of blocks) memory = update(memory, block);
    return memory;
  },

  async realModel() {
    const model = await loadModel('SmolLM2-135M-Instruct.Q4_1.gguf');
    const turns = [{ role: 'user', content: 'Name three fruits.' }];
    for await (const text of model.session().chat(turns)) process.stdout.write(text);
  },

  async vite() {
    await setBackend('auto'); // webgpu, webgl, wasm or cpu
    const model = await loadModel(new URL('/passkey-fam', location.href).href);
    return model;
  },

  async untrained(place: ModelPlace) {
    const model = await loadModel(place, { fam: { length: 64, blockSize: 256 } });
    console.log(model.untrained); // true: until it is trained its FAM is noise
  },

  async stopped(session: Session, book: string, button: HTMLButtonElement, show: (tokens: number) => void) {
    const stop = new AbortController();
    button.onclick = () => stop.abort();
    await session.read(book, { signal: stop.signal, onProgress: ({ tokens }) => show(tokens) });
  },

  async publish({ config, weights }: Model) {
    const base = await loadModel('owner/base', { fam: { length: 64, blockSize: 256 } });
    await saveMemory('my-memory', { config, weights }, await base.base());
  },

  async withMemory() {
    const model = await loadModel('owner/base', { memory: 'you/my-memory', adapters: ['someone/a-style'] });
    return model;
  },

  async ownWorker(loadModel: typeof loadInWorker) {
    const worker = new Worker(new URL('./model-worker.js', import.meta.url), { type: 'module' });
    const model = await loadModel('/models/passkey-fam', { worker });
    return model;
  },

  async trainedInPage(run: Run, state: TrainingState, show: (event: TrainingEvent) => void) {
    const kept = await openPageRun('my-memory');
    await kept.restore(run, state); // stays fresh where nothing is kept; refuses that of another run
    for await (const event of train(run, state, { save: () => kept.save(run, state) })) show(event);
  },
};
