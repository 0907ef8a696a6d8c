/** A set of weights is taken when it is whole, of the right shapes and finite, and refused by name when it is not. */
import { CheckpointError, NonFiniteError } from '@famjs/backends';
import { expect, test } from 'vitest';
import { type ModelConfig, parseModelConfig } from './config.ts';
import type { Values } from './formats/values.ts';
import { isRedundantWeight, requireWeights, weightShapes } from './weights.ts';

const config = parseModelConfig(
  {
    model_type: 'llama',
    hidden_size: 6,
    intermediate_size: 10,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 2,
    vocab_size: 7,
  },
  { block_size: 8, memory_segments: 1, fam_length: 3 },
);
const tied: ModelConfig = { ...config, tiedEmbeddings: true };

function someWeights(): Record<string, Values> {
  const shapes = Object.entries(weightShapes(config));
  return Object.fromEntries(
    shapes.map(([name, shape]) => [
      name,
      { shape, values: new Float32Array(shape.reduce((a, b) => a * b)).fill(1) },
    ]),
  );
}

test('weights have the names and shapes of Hugging Face', () => {
  const shapes = weightShapes(config);
  expect(Object.keys(shapes)).toHaveLength(4 + 2 * 9);
  expect(shapes).toMatchObject({
    'fam.prompt': [3, 6],
    'model.embed_tokens.weight': [7, 6],
    'model.layers.0.input_layernorm.weight': [6],
    'model.layers.0.self_attn.q_proj.weight': [8, 6],
    'model.layers.0.self_attn.k_proj.weight': [4, 6],
    'model.layers.0.self_attn.v_proj.weight': [4, 6],
    'model.layers.0.self_attn.o_proj.weight': [6, 8],
    'model.layers.0.post_attention_layernorm.weight': [6],
    'model.layers.1.mlp.gate_proj.weight': [10, 6],
    'model.layers.1.mlp.up_proj.weight': [10, 6],
    'model.layers.1.mlp.down_proj.weight': [6, 10],
    'model.norm.weight': [6],
    'lm_head.weight': [7, 6],
  });
});

test('a tied head and an absent FAM take no weights', () => {
  expect(weightShapes(tied)).not.toHaveProperty(['lm_head.weight']);
  const plain = { ...config, fam: { ...config.fam, famLength: 0 } };
  expect(weightShapes(plain)).not.toHaveProperty(['fam.prompt']);
});

test('what the configuration already says is redundant', () => {
  expect(isRedundantWeight('model.layers.1.self_attn.rotary_emb.inv_freq', config)).toBe(true);
  expect(isRedundantWeight('gpt_neox.layers.1.attention.masked_bias', config)).toBe(true);
  expect(isRedundantWeight('gpt_neox.layers.1.attention.dense.bias', config)).toBe(false);
  expect(isRedundantWeight('lm_head.weight', tied)).toBe(true);
  expect(isRedundantWeight('lm_head.weight', config)).toBe(false);
});

test('whole and sound weights pass', () => {
  expect(() => requireWeights(someWeights(), config)).not.toThrow();
});

test('missing and unexpected weights are named', () => {
  const { 'model.norm.weight': norm, ...weights } = someWeights();
  expect(() => requireWeights(weights, config)).toThrow(CheckpointError);
  expect(() => requireWeights(weights, config)).toThrow('Missing: model.norm.weight.');
  expect(() => requireWeights({ ...weights, 'norm.weight': norm! }, config)).toThrow(
    'Missing: model.norm.weight. Unexpected: norm.weight.',
  );
  expect(() => requireWeights({}, config)).toThrow(/Missing: fam\.prompt, .* and 19 more\./);
  const inherited = JSON.parse('{"__proto__":0}');
  expect(() => requireWeights({ ...someWeights(), ...inherited, toString: norm }, config)).toThrow(
    'Unexpected: __proto__, toString.',
  );
});

test('a weight of another shape is named', () => {
  const weights = { ...someWeights(), 'lm_head.weight': { shape: [6, 7], values: new Float32Array(42) } };
  expect(() => requireWeights(weights, config)).toThrow(CheckpointError);
  expect(() => requireWeights(weights, config)).toThrow(
    '"lm_head.weight" has the shape [6,7]. Expected: [7,6]',
  );
});

test('integers are refused', () => {
  const weights = { ...someWeights(), 'model.norm.weight': { shape: [6], values: new Int32Array(6) } };
  expect(() => requireWeights(weights, config)).toThrow(CheckpointError);
  expect(() => requireWeights(weights, config)).toThrow('"model.norm.weight" holds integers');
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  '%d is found where it stands',
  (value) => {
    const weights = someWeights();
    weights['fam.prompt']!.values[17] = value;
    expect(() => requireWeights(weights, config)).toThrow(NonFiniteError);
    expect(() => requireWeights(weights, config)).toThrow(`Number 17 of "fam.prompt" is ${value}.`);
  },
);
