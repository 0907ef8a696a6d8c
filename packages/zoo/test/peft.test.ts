/** Adapters of PEFT over the checkpoints of transformers, and memories of ours: the logits are those that PEFT and transformers have (tooling/checkpoints). */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointError, ConfigError, NonFiniteError, setBackend } from '@famjs/backends';
import { expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  decodeTensors,
  describeModel,
  encodeValues,
  loadModel,
  type ModelOptions,
  type ModelPlace,
  type NamedValues,
  packTensors,
  readSafetensors,
  writeSafetensors,
} from '../src/index.ts';
import { saveAdapter, saveConverted, saveMerged } from '../src/node.ts';
import { checkpointPath, filesOf } from './checkpoints.ts';
import { writeMemory } from './our-memories.ts';

const base = (checkpoint: string) => checkpointPath(`fixtures/${checkpoint}`);
const peft = (name: string) => checkpointPath(`adapters/${name}`);
const valuesOf = (file: string): NamedValues => decodeTensors(readSafetensors(readFileSync(file)).tensors);

/** Holds that a model has these logits [B, S, V] at the last of its tokens. */
async function expectLogits(
  place: ModelPlace,
  options: ModelOptions,
  expected: NamedValues,
  name = 'logits',
) {
  const model = await loadModel(place, { ...options, tokenizer: false });
  const [B, S, V] = expected[name]!.shape as [number, number, number];
  const tokens = Array.from({ length: B }, (_, b) => [...expected.tokens!.values.slice(b * S, (b + 1) * S)]);
  const session = model.session({ rows: B });
  await session.read(tokens);
  for (const [b, row] of (await session.logits())!.entries()) {
    const at = (b * S + S - 1) * V;
    const wanted = expected[name]!.values.slice(at, at + V);
    const scale = Math.max(...Array.from(wanted, Math.abs));
    await expectClose([...row], [...wanted], { relative: 0, absolute: 1e-4 * scale }, name);
  }
  session.dispose();
  model.dispose();
}

const folder = mkdtempSync(join(tmpdir(), 'famjs-peft-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => setBackend('wasm'));

describe('adapters of PEFT', () => {
  const over: Record<string, string> = { phi3: 'phi3', 'phi3-partial': 'phi3-partial', gpt_neox: 'gpt_neox' };
  const names = ['llama', 'llama-rslora', 'llama-pattern', 'llama-layers', ...Object.keys(over)];

  test.each(names)('%s has its logits, and is written as it was', async (name) => {
    const place = base(over[name] ?? 'llama');
    const before = tf.memory().numTensors;
    await expectLogits(place, { adapters: [peft(name)] }, valuesOf(join(peft(name), 'expected.safetensors')));
    const model = await loadModel(place, { adapters: [peft(name)], tokenizer: false });
    await saveAdapter(join(folder, name), model, 'adapter-1', 'base');
    const [written, read] = [join(folder, name), peft(name)].map((at) =>
      valuesOf(join(at, 'adapter_model.safetensors')),
    );
    expect(written).toEqual(read);
    const again = await describeModel(place, { adapters: [join(folder, name)] });
    expect(again.config).toEqual(model.config);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('two at once have the logits that PEFT has with both', () =>
    expectLogits(
      base('llama'),
      { adapters: [peft('llama'), peft('llama-rslora')] },
      valuesOf(peft('both.safetensors')),
    ));

  test('make another model, whose sessions are its own', async () => {
    const [plain, adapted] = await Promise.all(
      [undefined, [peft('llama')]].map((adapters) =>
        loadModel(base('llama'), { adapters, tokenizer: false }),
      ),
    );
    const session = plain!.session();
    await session.read([1, 2, 3]);
    await expect(adapted!.restore(await session.save())).rejects.toThrow('adapters and weights');
    expect(await adapted!.base()).toEqual(await plain!.base());
    for (const end of [session, plain!, adapted!]) end.dispose();
  });

  const sound = filesOf(peft('llama'));
  const config = JSON.parse(new TextDecoder().decode(sound['adapter_config.json']));
  const changed = (changes: object) => ({
    ...sound,
    'adapter_config.json': new TextEncoder().encode(JSON.stringify({ ...config, ...changes })),
  });
  const reweighted = (change: (tensors: Record<string, NamedValues[string]>) => void) => {
    const values = { ...decodeTensors(readSafetensors(sound['adapter_model.safetensors']!).tensors) };
    change(values);
    return { ...sound, 'adapter_model.safetensors': writeSafetensors(encodeValues(values)) };
  };
  const q = 'base_model.model.model.layers.0.self_attn.q_proj';

  test.each<[string, Record<string, Uint8Array>, typeof ConfigError | typeof CheckpointError, RegExp]>([
    ['DoRA', changed({ use_dora: true }), ConfigError, /use_dora true/],
    [
      'modules_to_save',
      changed({ modules_to_save: ['lm_head'] }),
      ConfigError,
      /modules_to_save \["lm_head"\]/,
    ],
    ['biases', changed({ bias: 'all' }), ConfigError, /bias: adapters that train biases/],
    ['PiSSA', changed({ init_lora_weights: 'pissa' }), ConfigError, /init_lora_weights: it changes/],
    ['another method', changed({ peft_type: 'IA3' }), ConfigError, /peft_type: only LoRA/],
    ['an option of tomorrow', changed({ use_tomorrow: 1 }), ConfigError, /use_tomorrow 1/],
    [
      'a rank of another file',
      changed({ r: 5 }),
      CheckpointError,
      /lora_A.weight" in .* has the shape \[4,40\]/,
    ],
    [
      'a map that the file has not',
      changed({ target_modules: ['q_proj', 'v_proj', 'down_proj', 'k_proj'] }),
      CheckpointError,
      /Missing in .*k_proj/,
    ],
    [
      'a map of no such model',
      changed({ target_modules: ['c_attn'] }),
      ConfigError,
      /None of the linear maps/,
    ],
    [
      'a pattern without end',
      changed({ target_modules: '(a+)+'.repeat(300) }),
      ConfigError,
      /target_modules: Too big/,
    ],
    [
      'a pattern that takes for ever',
      changed({ target_modules: '((.*)*)*(.*.*.*.*.*.*)*x' }),
      ConfigError,
      /None of the linear maps/,
    ],
    [
      'a weight of no map',
      reweighted((all) => {
        all[`${q}.lora_B.bias`] = all[`${q}.lora_B.weight`]!;
      }),
      CheckpointError,
      /Unexpected in .*lora_B.bias/,
    ],
    [
      'no config',
      { 'adapter_model.safetensors': sound['adapter_model.safetensors']! },
      CheckpointError,
      /no adapter_config.json/,
    ],
    [
      'no weights',
      { 'adapter_config.json': sound['adapter_config.json']! },
      CheckpointError,
      /no adapter_model.safetensors/,
    ],
  ])('with %s are refused before a tensor is made', async (_, files, kind, complaint) => {
    const before = tf.memory().numTensors;
    const load = loadModel(base('llama'), { adapters: [files], tokenizer: false });
    await expect(load).rejects.toThrow(kind);
    await expect(load).rejects.toThrow(complaint);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('with NaN leave nothing behind', async () => {
    const before = tf.memory().numTensors;
    const files = reweighted((all) => {
      const name = `${q}.lora_A.weight`;
      all[name] = { shape: all[name]!.shape, values: all[name]!.values.map(() => Number.NaN) };
    });
    await expect(loadModel(base('llama'), { adapters: [files], tokenizer: false })).rejects.toThrow(
      NonFiniteError,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a memory', () => {
  const checkpoints = ['llama', 'phi3-partial', 'gpt_neox'];

  test.each(checkpoints)('of %s is written as PEFT was shown it, and loads there as here', async (name) => {
    await writeMemory(name, join(folder, `memory-${name}`));
    expect(filesOf(join(folder, `memory-${name}`))).toEqual(filesOf(peft(`ours/${name}`)));
    await expectLogits(
      base(name),
      { adapters: [peft(`ours/${name}`)] },
      valuesOf(peft('ours.safetensors')),
      name,
    );
  });

  test.each(checkpoints)(
    'of %s is merged as transformers was shown it, and the same with its FAM',
    async (name) => {
      const [memory, merged] = [peft(`ours/${name}`), join(folder, `merged-${name}`)];
      await saveMerged(merged, base(name), { memory });
      expect(filesOf(merged)).toEqual(filesOf(peft(`merged/${name}`)));
      const files = filesOf(merged);
      delete files['fam.json'];
      delete files['fam.safetensors'];
      const wanted = valuesOf(peft('ours.safetensors'));
      await expectLogits(files, {}, wanted, `${name}.merged`);
      const model = await loadModel(base(name), { memory, tokenizer: false });
      const whole = await loadModel(merged, { tokenizer: false });
      expect(whole.config).toEqual({ ...model.config, adapters: undefined });
      const [apart, together] = await Promise.all(
        [model, whole].map(async (each) => {
          const session = each.session();
          await session.read([...wanted.tokens!.values.slice(0, 23)]);
          const [logits] = (await session.logits())!;
          session.dispose();
          return [...logits!];
        }),
      );
      const scale = Math.max(...apart!.map(Math.abs));
      await expectClose(together!, apart!, { relative: 0, absolute: 1e-5 * scale }, 'merged');
      for (const end of [model, whole]) end.dispose();
      await expect(saveMerged(merged, base(name), { memory })).rejects.toThrow('There is something in');
    },
  );

  test('in halves is written as PEFT was shown it, from a model and from its files, and loads there as here', async () => {
    const wanted = filesOf(peft('ours/llama-f16'));
    const [written, converted, alone] = ['written', 'converted', 'alone'].map((name) => join(folder, name));
    await writeMemory('llama', written!, { dtype: 'f16' });
    expect(filesOf(written!)).toEqual(wanted);
    await saveConverted(converted!, peft('ours/llama'), { dtype: 'f16' });
    expect(filesOf(converted!)).toEqual(wanted);
    const expected = valuesOf(peft('ours.safetensors'));
    expect(expected['llama-f16']!.values).not.toEqual(expected.llama!.values);
    await expectLogits(base('llama'), { adapters: [converted!] }, expected, 'llama-f16');
    const model = await loadModel(base('llama'), { memory: converted, tokenizer: false });
    expect(model.config.fam.famLength).toBe(3);
    model.dispose();
    const { 'fam.json': _, 'fam.safetensors': __, ...adapter } = filesOf(peft('ours/llama'));
    await saveConverted(alone!, adapter, { dtype: 'f16' });
    const { 'fam.json': ___, 'fam.safetensors': ____, ...half } = wanted;
    expect(filesOf(alone!)).toEqual(half);
    await expect(saveConverted(alone!, adapter, { dtype: 'f16' })).rejects.toThrow('There is something in');
  });

  test('that no halves hold, that is damaged or none is not written in them; nothing is left', async () => {
    const files = filesOf(peft('ours/llama'));
    const { 'fam.json': _, 'fam.safetensors': prompt, ...adapter } = files;
    const name = 'adapter_model.safetensors';
    const values = { ...decodeTensors(readSafetensors(files[name]!).tensors) };
    const [weight] = Object.keys(values).sort() as [string];
    const large = values[weight]!.values.map((value, i) => (i === 2 ? 65520 : value)) as Float32Array;
    values[weight] = { shape: values[weight]!.shape, values: large };
    const changed = writeSafetensors(encodeValues(values));
    const out = join(folder, 'refused');
    const convert = (from: ModelPlace) => saveConverted(out, from, { dtype: 'f16' });
    const refused = convert({ ...adapter, [name]: changed });
    await expect(refused).rejects.toThrow(NonFiniteError);
    await expect(refused).rejects.toThrow(
      `Number 2 of "${weight}" is 65520, which no float16 holds. Expected: numbers from -65,504 to 65,504. To do: write them as f32.`,
    );
    large[2] = 1;
    const other = writeSafetensors(encodeValues(values));
    await expect(convert({ ...files, [name]: other })).rejects.toThrow('not the file that was saved');
    await expect(convert({ 'fam.safetensors': prompt! })).rejects.toThrow('neither a memory nor an adapter');
    await expect(convert(peft('merged/llama'))).rejects.toThrow('neither a memory nor an adapter');
    expect(readdirSync(out)).toEqual([]);
  });

  test('goes beside any number of adapters', async () => {
    const options = { memory: peft('ours/llama'), adapters: [peft('llama'), peft('llama-rslora')] };
    const { config } = await describeModel(base('llama'), options);
    expect(Object.keys(config.adapters!)).toEqual(['memory', 'adapter-1', 'adapter-2']);
    expect(config.fam).toMatchObject({ famLength: 3, blockSize: 8 });
  });

  test('of another base is refused, and both are named; nothing is left', async () => {
    const before = tf.memory().numTensors;
    const other = { ...filesOf(base('llama')) };
    const values = { ...valuesOf(join(base('llama'), 'model.safetensors')) };
    const norm = values['model.norm.weight']!;
    values['model.norm.weight'] = { shape: norm.shape, values: norm.values.map((value) => value + 1) };
    other['model.safetensors'] = writeSafetensors(encodeValues(values));
    const load = loadModel(other, { memory: peft('ours/llama'), tokenizer: false });
    await expect(load).rejects.toThrow(
      /is one of "llama" \(.{12}\), and this model is "the files given" \(.{12}\)/,
    );
    expect(tf.memory().numTensors).toBe(before);
    const files = filesOf(peft('ours/llama'));
    const about = JSON.parse(new TextDecoder().decode(files['fam.json']));
    about.base.from = 'llama of somebody';
    const told = { ...files, 'fam.json': new TextEncoder().encode(JSON.stringify(about)) };
    for (const place of [other, base('llama-tied'), base('gpt_neox')]) {
      const load = loadModel(place, { memory: told, tokenizer: false });
      await expect(load).rejects.toThrow(
        'load llama (llama of somebody) with it, or train a memory for this model',
      );
    }
    expect(tf.memory().numTensors).toBe(before);
    const out = join(folder, 'other');
    await expect(saveMerged(out, other, { memory: peft('ours/llama') })).rejects.toThrow('is one of "llama"');
    expect(readdirSync(out)).toEqual([]);
  });

  test('is what its fam.json says: options may repeat it, not change it, but for the size of blocks', async () => {
    const memory = peft('ours/llama');
    const load = (options: ModelOptions) => describeModel(base('llama'), { memory, ...options });
    expect((await load({ fam: { length: 3, blockSize: 8 } })).untrained).toBe(false);
    expect((await load({ fam: { blockSize: 12 } })).config.fam).toMatchObject({
      blockSize: 12,
      famLength: 3,
    });
    await expect(load({ fam: { blockSize: 2 } })).rejects.toThrow('famLength 3 is larger than blockSize 2');
    await expect(load({ fam: { length: 4, blockSize: 12, sinks: 2 } })).rejects.toThrow(
      /fam.json has sinks 1, not 2, famLength 3, not 4/,
    );
    await expect(load({ context: 16 })).rejects.toThrow(ConfigError);
    await expect(load({ memory: peft('llama') })).rejects.toThrow('There is no fam.json');
    await expect(load({ memory: peft('merged/llama') })).rejects.toThrow('names no base model');
    const files = filesOf(memory);
    const damaged = { ...files, 'fam.safetensors': await packTensors({ 'fam.prompt': tf.ones([3, 24]) }) };
    await expect(loadModel(base('llama'), { memory: damaged, tokenizer: false })).rejects.toThrow(
      'not the file that was saved',
    );
    delete files['fam.safetensors'];
    await expect(load({ memory: files, fam: { length: 3 } })).rejects.toThrow(/Missing.*fam.prompt/);
  });
});
