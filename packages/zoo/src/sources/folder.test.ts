/** A model comes back from its folder as it was saved; a folder that is not whole is refused and leaves no tensors behind. */
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CheckpointError,
  ConfigError,
  type FamError,
  NonFiniteError,
  StorageError,
  setBackend,
  TokenError,
} from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { configFiles, type ModelConfig, parseModelConfig } from '../config.ts';
import { modelFiles, type StoredModel } from '../formats/model-files.ts';
import { type RawTensor, readSafetensors, writeSafetensors } from '../formats/safetensors.ts';
import { encodeValues } from '../formats/values.ts';
import { loadModel } from '../load-model.ts';
import { loadTokenizer } from '../tokenizers/tokenizer.ts';
import { weightShapes } from '../weights.ts';
import { saveModelFolder } from './folder.ts';

const llama = {
  model_type: 'llama',
  hidden_size: 4,
  intermediate_size: 6,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  vocab_size: 3,
  max_position_embeddings: 32,
  tie_word_embeddings: true,
};
const fam = { block_size: 8, memory_segments: 1, fam_length: 2 };
const tokenizer = {
  model: { type: 'WordLevel', vocab: { a: 0, b: 1, c: 2 } },
  pre_tokenizer: { type: 'Whitespace' },
};

let folder: string;
beforeAll(() => setBackend('cpu'));
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'famjs-model-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A model whose weights all differ. */
function someModel(config: ModelConfig): StoredModel {
  const shapes = Object.entries(weightShapes(config));
  const weights = shapes.map(([name, shape], i) => [name, tf.add(tf.randomNormal(shape), i)]);
  return { config, weights: Object.fromEntries(weights) };
}

/** The tensors of a plain model's file. */
function someTensors(config: ModelConfig): Record<string, RawTensor> {
  const shapes = Object.entries(weightShapes(config));
  const values = shapes.map(([name, shape], i) => {
    return [name, { shape, values: new Float32Array(shape.reduce((a, b) => a * b)).fill(i + 1) }];
  });
  return { ...encodeValues(Object.fromEntries(values)) };
}

/** The model of a folder, with a tokenizer or without. */
const load = (from: string) => loadModel(from, { tokenizer: false });

const put = (name: string, content: Uint8Array | object) =>
  writeFile(path.join(folder, name), content instanceof Uint8Array ? content : JSON.stringify(content));

async function expectSame(loaded: StoredModel, saved: StoredModel): Promise<void> {
  expect(loaded.config).toEqual(saved.config);
  expect(Object.keys(loaded.weights).sort()).toEqual(Object.keys(saved.weights).sort());
  for (const [name, tensor] of Object.entries(saved.weights)) {
    expect(loaded.weights[name]).toMatchObject({ shape: tensor.shape, dtype: 'float32' });
    expect(await (loaded.weights[name] as tf.Tensor).data()).toEqual(await (tensor as tf.Tensor).data());
  }
}

async function written(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
  return folder;
}

const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/** The refusal of a folder, which must not have made tensors. */
async function refusal(error: new (...args: never[]) => FamError, complaint: string | RegExp): Promise<void> {
  const before = tf.memory().numTensors;
  const caught = await load(folder).catch((caught) => caught);
  expect(caught).toBeInstanceOf(error);
  expect(caught.message).toMatch(complaint);
  expect(tf.memory().numTensors).toBe(before);
}

describe('a model', () => {
  test('with FAM and a tokenizer comes back as it was', async () => {
    const saved = {
      ...someModel(parseModelConfig(llama, fam)),
      tokenizer: loadTokenizer(tokenizer, { a: 1 }),
    };
    await saveModelFolder(folder, saved);
    expect((await readdir(folder)).sort()).toEqual([
      'config.json',
      'fam.json',
      'fam.safetensors',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const loaded = await loadModel(folder);
    await expectSame(loaded, saved);
    expect(loaded.tokenizer.files).toEqual(saved.tokenizer.files);
    tf.dispose([saved.weights, loaded.weights]);
  });

  test('keeps its end tokens', async () => {
    const model = { ...someModel(parseModelConfig(llama)), endTokens: [2, 0] };
    await saveModelFolder(folder, model);
    const loaded = await load(folder);
    expect(loaded.endTokens).toEqual([2, 0]);
    tf.dispose([model.weights, loaded.weights]);
  });

  test('with FAM keeps the file of its Llama free of it', async () => {
    const model = someModel(parseModelConfig(llama, fam));
    const files = await modelFiles(model);
    const { tensors, metadata } = readSafetensors(files['model.safetensors']!);
    expect(Object.keys(tensors).filter((name) => !name.startsWith('model.'))).toEqual([]);
    expect({ ...metadata }).toEqual({ format: 'pt' });
    expect(Object.keys(readSafetensors(files['fam.safetensors']!).tensors)).toEqual(['fam.prompt']);
    tf.dispose(model.weights);
  });

  test('comes back from memory as from a disk', async () => {
    const model = someModel(parseModelConfig(llama, fam));
    const files = await modelFiles(model);
    const loaded = await loadModel(files, { tokenizer: false });
    await expectSame(loaded, model);
    tf.dispose([model.weights, loaded.weights]);
  });

  test('saved without FAM over one with FAM is the one without', async () => {
    const [first, second] = [fam, undefined].map((part) => someModel(parseModelConfig(llama, part)));
    await saveModelFolder(folder, first!);
    await saveModelFolder(folder, second!);
    const loaded = await load(folder);
    await expectSame(loaded, second!);
    tf.dispose([first!.weights, second!.weights, loaded.weights]);
  });

  test('made of the files of two saves is refused, whichever file it is', async () => {
    const [first, second] = [0, 1].map((shift) => ({
      ...someModel(parseModelConfig(llama, { ...fam, block_size: 8 + shift })),
      tokenizer: loadTokenizer({ ...tokenizer, shift }, { shift }),
    }));
    const one = await modelFiles(first!);
    const other = await modelFiles(second!);
    await expectSame(await load(await written(one)), first!);
    for (const name of Object.keys(one)) {
      if (!isSame(one[name]!, other[name]!)) {
        await written({ ...one, [name]: other[name]! });
        await refusal(CheckpointError, 'is not the file that was saved with fam.json');
      }
      if (name !== 'fam.json') {
        const damaged = Uint8Array.from(one[name]!);
        damaged[damaged.length - 2]! ^= 1;
        await written({ ...one, [name]: damaged });
        await refusal(CheckpointError, `${name} in ${folder} is not the file that was saved`);
      }
    }
    tf.dispose([first!.weights, second!.weights]);
  });

  test('leaves no file of the save before it that it has not itself', async () => {
    const model = someModel(parseModelConfig(llama));
    await saveModelFolder(folder, { ...model, tokenizer: loadTokenizer(tokenizer, { a: 1 }) });
    await saveModelFolder(folder, model);
    expect((await readdir(folder)).sort()).toEqual(['config.json', 'fam.json', 'model.safetensors']);
    await put('tokenizer.json', tokenizer);
    await refusal(CheckpointError, 'tokenizer.json');
    tf.dispose(model.weights);
  });

  test('that is not sound is not saved, and the one that was there stays', async () => {
    const good = someModel(parseModelConfig(llama, fam));
    await saveModelFolder(folder, good);
    const norm = tf.tensor1d([1, 2, Number.NaN, 4]);
    const bad = { ...good, weights: { ...good.weights, 'model.norm.weight': norm } };
    await expect(saveModelFolder(folder, bad)).rejects.toThrow(NonFiniteError);
    const loaded = await load(folder);
    await expectSame(loaded, good);
    tf.dispose([good.weights, loaded.weights, norm]);
  });

  test('cannot be saved below a file', async () => {
    const model = someModel(parseModelConfig(llama));
    await put('file', {});
    await expect(saveModelFolder(path.join(folder, 'file', 'model'), model)).rejects.toThrow(StorageError);
    tf.dispose(model.weights);
  });
});

describe('a folder from Hugging Face', () => {
  const config = parseModelConfig(llama);
  const plain = () =>
    Promise.all([put('config.json', llama), put('model.safetensors', writeSafetensors(someTensors(config)))]);

  test('is a plain model', async () => {
    await plain();
    const { config: loaded, weights } = await load(folder);
    expect(loaded).toEqual(config);
    expect(Object.keys(weights).sort()).toEqual(Object.keys(weightShapes(config)).sort());
    tf.dispose(weights);
  });

  test('may repeat what the configuration says, and may be in bfloat16', async () => {
    const tensors = someTensors(config);
    tensors['lm_head.weight'] = tensors['model.embed_tokens.weight']!;
    tensors['model.layers.0.self_attn.rotary_emb.inv_freq'] = {
      dtype: 'F32',
      shape: [1],
      data: new Uint8Array(4),
    };
    tensors['model.norm.weight'] = {
      dtype: 'BF16',
      shape: [4],
      data: new Uint8Array(Uint16Array.of(0x3f80, 0xc000, 0x4040, 0x3f00).buffer),
    };
    await plain();
    await put('model.safetensors', writeSafetensors(tensors));
    const { weights } = await load(folder);
    expect(Object.keys(weights).sort()).toEqual(Object.keys(weightShapes(config)).sort());
    expect([...(await (weights['model.norm.weight'] as tf.Tensor).data())]).toEqual([1, -2, 3, 0.5]);
    tf.dispose(weights);
  });

  test('may have its chat template and its end tokens in files of their own', async () => {
    await plain();
    await put('tokenizer.json', tokenizer);
    await put('tokenizer_config.json', { bos_token: 'a', chat_template: 'old' });
    await put('chat_template.jinja', new TextEncoder().encode('new'));
    await put('generation_config.json', { eos_token_id: 1 });
    const loaded = await loadModel(folder);
    expect(loaded.tokenizer).toMatchObject({ chatTemplate: 'new', specialTokens: { bos: 'a' } });
    expect(loaded.endTokens).toEqual([1]);
    tf.dispose(loaded.weights);
  });

  /** The same model in two shards and an index. */
  async function shard(change: Record<string, string> = {}): Promise<string[]> {
    const names = Object.keys(someTensors(config));
    const weight_map = Object.fromEntries(names.map((name, i) => [name, `part-${i % 2}.safetensors`]));
    await put('config.json', llama);
    await put('model.safetensors.index.json', { metadata: {}, weight_map: { ...weight_map, ...change } });
    for (const part of [0, 1]) {
      const tensors = Object.entries(someTensors(config)).filter((_, i) => i % 2 === part);
      await put(`part-${part}.safetensors`, writeSafetensors(Object.fromEntries(tensors)));
    }
    return names;
  }

  test('may come in shards', async () => {
    const names = await shard();
    const { weights } = await load(folder);
    expect(Object.keys(weights).sort()).toEqual(names.sort());
    tf.dispose(weights);
  });

  test.each([
    '../part-0.safetensors',
    '/etc/passwd',
    'a/b.safetensors',
    '..\\b.safetensors',
    'C:b.safetensors',
    '',
    'x',
  ])('is refused when its index names the shard %j', async (name) => {
    await shard({ 'model.norm.weight': name });
    await refusal(CheckpointError, /index\.json does not fit: weight_map.model.norm.weight: is no name/);
  });

  test('is refused when a shard is missing, or holds what another holds', async () => {
    await shard();
    await put('part-1.safetensors', await readFile(path.join(folder, 'part-0.safetensors')));
    await refusal(CheckpointError, '" is in ');
    await rm(path.join(folder, 'part-1.safetensors'));
    await refusal(CheckpointError, `There is no part-1.safetensors in ${folder}`);
  });

  test('is refused when a file is missing', async () => {
    await refusal(CheckpointError, `There is no config.json in ${folder}`);
    await put('config.json', llama);
    await refusal(CheckpointError, 'There is no model.safetensors');
  });

  test('is refused when it has no prompt for its FAM', async () => {
    await plain();
    await put('fam.json', fam);
    await refusal(CheckpointError, 'Missing: fam.prompt');
  });

  test('is refused when a file is damaged', async () => {
    await plain();
    await put('tokenizer.json', { model: 3 });
    await refusal(TokenError, 'tokenizer.json does not fit');
    await put('tokenizer.json', Uint8Array.of(0x7b));
    await refusal(CheckpointError, 'tokenizer.json does not parse');
    await put('tokenizer.json', tokenizer);
    await put('model.safetensors', Uint8Array.of(1, 2, 3));
    await refusal(CheckpointError, `In ${folder}/model.safetensors, it has 3 bytes`);
    await put('config.json', { ...llama, vocab_size: 'many' });
    await refusal(ConfigError, 'vocab_size');
    await put('config.json', Uint8Array.of(0xff));
    await refusal(CheckpointError, 'config.json does not parse');
  });

  test('is refused when a weight is not what the configuration says', async () => {
    await plain();
    await put('config.json', { ...llama, vocab_size: 4 });
    await refusal(CheckpointError, '"model.embed_tokens.weight" has the shape [3,4]');
    await put('config.json', { ...llama, num_hidden_layers: 2 });
    await refusal(CheckpointError, 'Missing: model.layers.1');
    const tensors = someTensors(config);
    tensors['model.norm.weight'] = { dtype: 'BF16', shape: [4], data: new Uint8Array(8).fill(0xff) };
    await put('config.json', llama);
    await put('model.safetensors', writeSafetensors(tensors));
    await refusal(NonFiniteError, 'Number 0 of "model.norm.weight" is NaN');
  });

  test('is refused before a vocabulary that is larger than any is read', async () => {
    await plain();
    await put('tokenizer.json', tokenizer);
    await truncate(path.join(folder, 'tokenizer.json'), 100_000_001);
    await refusal(CheckpointError, /tokenizer\.json in .* has 100000001 bytes or more/);
  });

  test('is refused when a file is a folder', async () => {
    await mkdir(path.join(folder, 'config.json'));
    await refusal(CheckpointError, 'Cannot read');
  });

  test('is refused when a hostile name hides in a shard', async () => {
    const tensors = Object.entries(someTensors(config));
    const hostile: [string, RawTensor] = ['__proto__', { dtype: 'F32', shape: [1], data: new Uint8Array(4) }];
    await put('config.json', configFiles(config).config);
    await put('model.safetensors', writeSafetensors(Object.fromEntries([...tensors, hostile])));
    await refusal(CheckpointError, 'Unexpected: __proto__');
  });
});
