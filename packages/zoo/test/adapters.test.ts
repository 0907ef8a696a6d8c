/** Adapters on the linear maps of every family: several at once, joined maps too; merged they are the same model. */
import { ConfigError, setBackend } from '@famjs/backends';
import type { WeightMap } from '@famjs/layer';
import { expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { mergeInto } from '../src/adapters/merge.ts';
import {
  adaptedConfig,
  downloadValues,
  initialAdapter,
  languageModel,
  type Model,
  modelFiles,
  stream,
  weightShapes,
} from '../src/index.ts';
import { linearMaps } from '../src/weights.ts';
import { expectedOf, loadCheckpoint } from './checkpoints.ts';

/** The model with two adapters on all its maps, the head included, whose weights are drawn. */
async function adapted({ config: plain, weights }: Model): Promise<Model> {
  const one = await adaptedConfig(plain, 'one', {
    targets: 'all-linear',
    rank: 3,
    ranks: { 'layers.1.*': 2 },
  });
  const endings = [...new Set(Object.keys(linearMaps(plain)).map((map) => map.split('.').at(-1)!))];
  const config = await adaptedConfig(one, 'two', {
    targets: endings,
    rank: 2,
    alpha: 3,
    rankStabilised: true,
  });
  const begun = ['one', 'two'].map((name) => initialAdapter(config, name, 0));
  const drawn = Object.entries(Object.assign({}, ...begun) as Record<string, tf.Tensor>).map(
    ([name, tensor]) => {
      const values = stream(1, 'weights', name)
        .normals(tensor.size)
        .map((value) => 0.3 * value);
      tensor.dispose();
      return [name, tf.tensor(values, tensor.shape)];
    },
  );
  return { config, weights: { ...weights, ...Object.fromEntries(drawn) } };
}

/** The same by other weights. */
async function merged({ config, weights }: Model): Promise<Model> {
  const held = await downloadValues(weights);
  const embedding = Object.entries(held).find(([name]) => /embed_(tokens|in)\.weight$/.test(name))![1];
  const changed = Object.entries(linearMaps(config)).map(([map, shape]) => {
    const values = Float32Array.from((held[`${map}.weight`] ?? embedding).values);
    mergeInto({ values, shape }, map, config.adapters, (name) => held[name]!.values);
    return [`${map}.weight`, tf.tensor(values, shape)];
  });
  const plain = { ...config, adapters: undefined, tiedEmbeddings: false };
  const all: Model['weights'] = { ...weights, ...Object.fromEntries(changed) };
  return {
    config: plain,
    weights: Object.fromEntries(Object.keys(weightShapes(plain)).map((name) => [name, all[name]!])),
  };
}

async function logitsOf(model: Model, tokens: number[][]): Promise<Float32Array[]> {
  const inUse = languageModel(model);
  const session = inUse.session({ rows: tokens.length });
  await session.read(tokens);
  const logits = (await session.logits())!;
  session.dispose();
  inUse.dispose();
  return logits;
}

describe('adapters', () => {
  beforeAll(() => setBackend('wasm'));

  test.each([
    'gemma3_text',
    'gpt_neox',
    'llama-biases',
    'llama-tied',
    'palm',
    'phi3',
    'phi3-partial',
    'qwen2',
  ])('on every map of %s give the logits of merged weights', async (name) => {
    const { config, ...loaded } = await loadCheckpoint(name);
    const weights = loaded.weights as WeightMap;
    const { tokens } = expectedOf(name);
    const model = await adapted({ config, weights });
    const [unmerged, expected] = [await logitsOf(model, tokens), await logitsOf(await merged(model), tokens)];
    const scale = Math.max(...expected.flatMap((row) => Array.from(row, Math.abs)));
    for (const [row, logits] of unmerged.entries()) {
      await expectClose([...logits], [...expected[row]!], { relative: 0, absolute: 1e-5 * scale }, name);
    }
    const plain = (await logitsOf({ config: { ...config }, weights }, tokens))[0]!;
    expect(Math.max(...plain.map((value, i) => Math.abs(value - expected[0]![i]!)))).toBeGreaterThan(
      0.05 * scale,
    );
  });

  test('are on what ends with a name after a dot, of the rank that is said first', async () => {
    const { config } = await loadCheckpoint('llama');
    await expect(adaptedConfig(config, 'a', { targets: ['proj'] })).rejects.toThrow('some of q_proj, k_proj');
    const ranks = { proj: 9, v_proj: 3, 'layers.0.self_attn.v_proj': 5 };
    const { adapters } = await adaptedConfig(config, 'a', { targets: ['q_proj', 'v_proj'], ranks });
    const found = Object.entries(adapters!.a!.maps).map(
      ([map, { rank }]) => `${map.split('.').at(-1)} ${rank}`,
    );
    expect([...new Set(found)].sort()).toEqual(['q_proj 8', 'v_proj 3']);
  });

  test('of other names, or on nothing, are refused; a model that has some is not saved as one that has none', async () => {
    const { config, weights } = await loadCheckpoint('llama');
    const put = (name: string, targets: string | string[]) => adaptedConfig(config, name, { targets });
    await expect(put('a.b', 'all-linear')).rejects.toThrow('letters, digits');
    await expect(put('a', ['c_attn'])).rejects.toThrow('some of q_proj, k_proj');
    await expect(put('a', '(')).rejects.toThrow('a regular expression');
    const one = await put('a', ['q_proj']);
    await expect(adaptedConfig(one, 'a', { targets: ['v_proj'] })).rejects.toThrow(ConfigError);
    await expect(modelFiles({ config: one, weights })).rejects.toThrow('has adapters: a');
  });
});
