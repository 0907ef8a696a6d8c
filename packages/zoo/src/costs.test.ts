/** What models cost by their numbers, against the paper's names and against models that are there. */
import { setBackend } from '@famjs/backends';
import { type FamChoices, famConfig, stateTensors } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { costsOf, initialWeights, languageModel, llamaConfig, presetConfig, presetNames } from './index.ts';

const billions = { 'flan-palm-1b': 1.6, 'flan-palm-8b': 9.6, 'flan-palm-24b': 25.5 };

test.each(presetNames)('%s has as many weights as its name says, with embeddings', (name) => {
  const { parameters, embedding, weightBytes, stateBytes, flops } = costsOf(presetConfig(name));
  expect(Number((parameters / 1e9).toFixed(1))).toBe(billions[name]);
  expect(embedding).toBe(256_000 * presetConfig(name).width);
  expect(weightBytes).toMatchObject({ float32: 4 * parameters, bfloat16: 2 * parameters });
  expect(weightBytes.Q8_0 / parameters).toBeCloseTo(8.5 / 8, 3);
  // Twice the weights for the token itself, a sixteenth for FAM, and attention.
  expect(flops / (2 * parameters)).toBeGreaterThan(1);
  expect(flops / (2 * parameters)).toBeLessThan(1.3);
  const { layers, family, width } = presetConfig(name);
  const { keyValueHeads, headWidth } = family as { keyValueHeads: number; headWidth: number };
  const rows = 1024 * (3 + 1) + 64;
  expect(stateBytes).toBe(4 * layers * (rows * 2 * keyValueHeads * headWidth + 64 * width));
});

const small = (fam: FamChoices) =>
  llamaConfig({
    ...{ width: 8, heads: 2, keyValueHeads: 1, layers: 2, intermediateWidth: 12, vocabularySize: 7, fam },
  });

test.each([
  { blockSize: 4 },
  { blockSize: 4, memorySegments: 1, famLength: 2, sinks: 1 },
  { blockSize: 4, memorySegments: 3, famLength: 2, variant: 'fam-n', visible: 3 },
  { blockSize: 4, variant: 'swa', window: 6 },
  { blockSize: 4, memorySegments: 2, variant: 'fm' },
  { blockSize: 4, famLength: 2, variant: 'rmt' },
  { blockSize: 4, famLength: 2, variant: 'autocompressor', maxSummaries: 3 },
] as FamChoices[])('a state never grows beyond what is said, and reaches it, with %j', async (fam) => {
  await setBackend('wasm');
  const config = small(fam);
  const weights = initialWeights(config, 0);
  const model = languageModel({ config, weights });
  const session = model.session({ schedule: 'step' });
  let most = 0;
  for (let read = 0; read < 60; read++) {
    await session.read([read % 7]);
    const tensors = Object.values(stateTensors(session.state));
    most = Math.max(
      most,
      tensors.reduce((sum, { size }) => sum + 4 * size, 0),
    );
  }
  expect(most).toBe(costsOf(config).stateBytes);
  for (const end of [session, model]) end.dispose();
  tf.dispose(weights);
});

test('operations are those of the products, of attention, and of FAM', () => {
  const fam = { blockSize: 4, memorySegments: 2, famLength: 2, sinks: 1 };
  const inLayers = 2 * (8 * 8 * 2 + 4 * 8 * 2 + 3 * 8 * 12);
  const token = 2 * 4 * (2 * 2) * (2 * 4 + 2.5 + 2 + 1);
  const updates = (2 / 4) * 2 * 4 * (2 * 2) * (2 + 4);
  expect(costsOf(small(fam)).flops).toBe(2 * (1.5 * inLayers + 7 * 8 + token + updates));
  const windowed = { ...small(fam), fam: famConfig({ blockSize: 4, variant: 'swa', window: 3 }) };
  expect(costsOf(windowed).flops).toBe(2 * (inLayers + 7 * 8 + 2 * 4 * (2 * 2) * 3));
});
