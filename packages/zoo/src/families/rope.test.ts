/** Positions as config.json tells them, against frequencies and attention factors that transformers computed. */
import { readFileSync } from 'node:fs';
import { ConfigError } from '@famjs/backends';
import { expect, test } from 'vitest';
import { parseModelConfig } from '../config.ts';
import { frequenciesOf, type Rope, scoreFactorOf } from './rope.ts';

interface Expected {
  rope_parameters: { rope_theta: number; rope_type: string; [key: string]: unknown };
  head_dim: number;
  frequencies: number[];
  attention_factor: number;
}

const expected: Expected[] = JSON.parse(
  readFileSync(new URL('../../../../tooling/checkpoints/rope.json', import.meta.url), 'utf8'),
);

const llama = (keys: object) => ({
  ...{ model_type: 'llama', hidden_size: 128, intermediate_size: 8, num_hidden_layers: 1 },
  ...{ num_attention_heads: 1, vocab_size: 5, max_position_embeddings: 131072, ...keys },
});

const ropeOf = (keys: object) => parseModelConfig(llama(keys)).family as Rope & { headWidth: number };

/** The ways in which a config.json may say the same. */
const styles: Record<string, (expected: Expected) => object> = {
  'transformers 5': ({ rope_parameters }) => ({ rope_parameters }),
  'transformers 4': ({ rope_parameters: { rope_theta, ...rope_scaling } }) => ({ rope_theta, rope_scaling }),
  'old transformers 4': ({ rope_parameters: { rope_theta, rope_type: type, ...rest } }) => ({
    rope_theta,
    rope_scaling: { type, ...rest },
  }),
};

test.each(
  Object.entries(styles).flatMap(([style, write]) => expected.map((each) => ({ style, write, each }))),
)('$style: $each.head_dim wide, $each.rope_parameters', ({ write, each }) => {
  const rope = ropeOf({ ...write(each), head_dim: each.head_dim });
  const frequencies = frequenciesOf(rope, each.head_dim);
  expect(frequencies).toHaveLength(each.frequencies.length);
  frequencies.forEach((frequency, pair) => {
    expect(Math.abs(frequency / each.frequencies[pair]! - 1)).toBeLessThan(2e-6);
  });
  expect(scoreFactorOf(rope)).toBeCloseTo(each.attention_factor ** 2, 6);
});

test('a context of pretraining beside the positions is taken', () => {
  const scaling = { rope_type: 'yarn', factor: 4 };
  expect(ropeOf({ rope_scaling: scaling, original_max_position_embeddings: 99 }).scaling).toMatchObject({
    pretrainedContext: 99,
  });
  const nobody = () => ropeOf({ rope_scaling: scaling, max_position_embeddings: undefined });
  expect(nobody).toThrow(/does not say on which context/);
});

test.each([
  [
    { rope_type: 'longrope', short_factor: [1], long_factor: [1] },
    /"longrope" are not supported, only default, /,
  ],
  [{ type: 'su' }, /"su" are not supported/],
  [{ rope_type: 'linear' }, /"linear" need factor/],
  [{ rope_type: 'linear', factor: 0 }, /factor/],
  [{ rope_type: 'llama3', factor: 8 }, /need low_freq_factor, high_freq_factor/],
  [{ rope_type: 'llama3', factor: 8, low_freq_factor: 4, high_freq_factor: 4 }, /is not below/],
  [{ rope_type: 'yarn', factor: 2, beta_fast: 'much' }, /beta_fast/],
  [{ rope_type: 'default', partial_rotary_factor: 0.5 }, /turns 0.5 of each head/],
])('%j is refused', (rope, complaint) => {
  for (const keys of [{ rope_scaling: rope }, { rope_parameters: rope }]) {
    expect(() => ropeOf(keys)).toThrow(ConfigError);
    expect(() => ropeOf(keys)).toThrow(complaint);
  }
});
