/** Pieces of code in pages that are no program of their own, and run in Node: each in a function that gives it what its page takes for granted. */
import { loadModel, type Model, type ModelPlace } from '@famjs/zoo';
import { saveMemory } from '@famjs/zoo/node';

export const fragments = {
  async accumulator(start: number, blocks: number[], update: (memory: number, block: number) => number) {
    let memory = start;
    for (const block of blocks) memory = update(memory, block);
    return memory;
  },

  async untrained(place: ModelPlace) {
    const model = await loadModel(place, { fam: { length: 64, blockSize: 256 } });
    console.log(model.untrained); // true: until it is trained its FAM is noise
    return model;
  },

  async publish({ config, weights }: Model) {
    const base = await loadModel('owner/base', { fam: { length: 64, blockSize: 256 } });
    await saveMemory('my-memory', { config, weights }, { ...(await base.base()), from: 'owner/base' });
    return base;
  },

  async withMemory() {
    const model = await loadModel('owner/base', { memory: 'you/my-memory', adapters: ['someone/a-style'] });
    return model;
  },
};
