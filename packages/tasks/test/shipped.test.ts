/** The memory that comes with the zoo: keys that its training never drew, told two blocks before they are asked for. */
import { setBackend } from '@famjs/backends';
import { describeReal, realModel } from '@famjs/testing/real';
import { loadModel } from '@famjs/zoo';
import { expect, test } from 'vitest';
import { evaluatePassKey, type PassKeyScore } from '../src/index.ts';

describeReal('SmolLM2 with the shipped memory', { file: realModel() }, ({ file }) => {
  test('recalls reserved keys over 1,000 tokens', async () => {
    await setBackend('wasm');
    using model = await loadModel(file, { memory: 'passkey' });
    const scores: PassKeyScore[] = [];
    for await (const event of evaluatePassKey(model, model.tokenizer, {
      fillers: [1000],
      keys: 2,
      seed: 2,
    })) {
      if (event.type === 'scored') scores.push(event.score);
    }
    expect(scores).toMatchObject([{ exact: { hits: 2, trials: 2 } }]);
  });
});
