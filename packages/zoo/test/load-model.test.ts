/** One function for a model, wherever it lies, and what it says to everything that is none. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CheckpointError, ConfigError, DisposedError, setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, expectTypeOf, test } from 'vitest';
import {
  type LanguageModel,
  languageModel,
  loadModel,
  shippedMemories,
  shippedModels,
  type Tokenizer,
} from '../src/index.ts';
import { describeMemory, shippedModel } from '../src/node.ts';

await setBackend('wasm');
process.env.HF_HUB_OFFLINE = '1';
afterAll(() => delete process.env.HF_HUB_OFFLINE);

const names = ['config.json', 'fam.json', 'fam.safetensors', 'model.safetensors', 'tokenizer.json'];

describe('loadModel', () => {
  test('loads what is shipped, with its tokenizer', async () => {
    for (const name of shippedModels) {
      const model = await loadModel(name);
      expect(model.name).toBe(name);
      expectTypeOf(model).toEqualTypeOf<LanguageModel<Tokenizer>>();
      expect(model.tokenizer.encode('The grass')).toHaveLength(2);
      model.dispose();
    }
  });

  test.each(shippedMemories)(
    'is told by the shipped memory %s, of 12 MB at most, which model it is of',
    async (memory) => {
      const { base, fam, bytes } = await describeMemory(memory);
      expect(bytes).toBeLessThan(12e6);
      expect(fam.famLength).toBeGreaterThan(0);
      expect(base.from).toBeTruthy();
      const remedy = `load ${base.name} (${base.from}) with it`;
      await expect(loadModel('passkey-fam', { memory })).rejects.toThrow(remedy);
      await expect(loadModel(memory)).rejects.toThrow(`is a memory of "${base.name}"`);
    },
  );

  test('knows which memories there are', async () => {
    const load = loadModel('passkey-fam', { memory: 'passkeyy' });
    await expect(load).rejects.toThrow(
      /no memory or adapter "passkeyy".*shipped memories: passkey\. .*check the path/,
    );
  });

  test('loads a folder, its URL, and its files, as one model', async () => {
    const folder = shippedModel('passkey-fam');
    const content = await Promise.all(
      names.map(async (name) => [name, new Uint8Array(await readFile(path.join(folder, name)))] as const),
    );
    const files = content.map(([name, bytes]) => new File([bytes], name));
    const places = [
      folder,
      new URL(`file://${folder}`),
      `file://${folder}/`,
      Object.fromEntries(content),
      files,
    ];
    const { numTensors } = tf.memory();
    const prints = new Set<string>();
    for (const place of places) {
      const model = await loadModel(place);
      prints.add(await model.fingerprint());
      model.dispose();
    }
    expect(prints.size).toBe(1);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('knows a model in memory as the one that was loaded', async () => {
    const loaded = await loadModel('passkey-fam');
    expect(await languageModel(loaded).fingerprint()).toBe(await loaded.fingerprint());
    loaded.dispose();
  });

  test('is without a tokenizer only where one says so', async () => {
    const folder = shippedModel('passkey-fam');
    const content = await Promise.all(
      ['config.json', 'fam.json', 'fam.safetensors', 'model.safetensors'].map(
        async (name) => [name, new Uint8Array(await readFile(path.join(folder, name)))] as const,
      ),
    );
    const files = Object.fromEntries(content);
    await expect(loadModel(files)).rejects.toThrow(CheckpointError);
    await expect(loadModel(files)).rejects.toThrow('There is no tokenizer.json');
    const model = await loadModel(files, { tokenizer: false });
    await expect(model.session().read('The grass')).rejects.toThrow('has no tokenizer');
    model.dispose();
  });

  test('gives a model a FAM that nobody trained, the same each time, and says so', async () => {
    const folder = shippedModel('passkey-fam');
    const plain = Object.fromEntries(
      await Promise.all(
        ['config.json', 'model.safetensors', 'tokenizer.json'].map(
          async (name) => [name, new Uint8Array(await readFile(path.join(folder, name)))] as const,
        ),
      ),
    );
    const fam = { length: 5, blockSize: 32 };
    using model = await loadModel(plain, { fam });
    using again = await loadModel(plain, { fam });
    using own = await loadModel('passkey-fam', { fam: { sinks: 2 } });
    using without = await loadModel(plain, { context: 128 });
    expect([model, again, own, without].map(({ untrained }) => untrained)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    const { width } = model.config;
    expect(model.weights['fam.prompt']?.shape).toEqual([5, width]);
    const [prompt, other] = [model, again].map(({ weights }) => weights['fam.prompt'] as tf.Tensor);
    expect(await prompt!.data()).toEqual(await other!.data());
    expect(without.config.fam).toMatchObject({ blockSize: 128, memorySegments: 0, sinks: 1 });
    using session = model.session();
    await session.read('The grass is green. '.repeat(20));
    expect((await session.logits())![0]!.every(Number.isFinite)).toBe(true);
  });

  test('ends with `using`, its sessions with `await using` too, and says so afterwards', async () => {
    const { numTensors } = tf.memory();
    let ended: LanguageModel;
    {
      using model = await loadModel('passkey-fam');
      await using session = model.session();
      await session.read('The grass is green.');
      ended = model;
    }
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(() => ended.session()).toThrow(DisposedError);
    await expect(ended.restore(new Uint8Array())).rejects.toThrow(DisposedError);
  });

  test.each([
    ['passkey-famm', CheckpointError, /no model "passkey-famm".*passkey-fam\..*check the path/],
    ['HuggingFaceTB/SmolLM2-135M', CheckpointError, /is not in .*HF_HUB_OFFLINE/],
    ['/nowhere/at/all', CheckpointError, /no model "\/nowhere/],
    [Promise.resolve('passkey-fam'), ConfigError, /a promise.*await it first/],
    [undefined, ConfigError, 'undefined'],
    [null, ConfigError, 'null'],
    [5, ConfigError, '5'],
    [{ config: {}, weights: {} }, ConfigError, 'a model'],
    [new Uint8Array(8), ConfigError, 'the bytes of one file'],
    [{ 'config.json': 'text' }, CheckpointError, /config\.json is of type string/],
    [[], CheckpointError, 'There is no config.json in the files given'],
    [new URL('ftp://example.org/model'), CheckpointError, 'does not arrive'],
  ])('refuses %s', async (place, error, complaint) => {
    const caught = await loadModel(place as never).catch((caught) => caught);
    expect(caught).toBeInstanceOf(error);
    expect(caught.message).toMatch(complaint);
  });
});
