/** GGUF files as Python's gguf package writes them: every type of tensor, whole models, and everything that the format forbids. */
import { readFileSync } from 'node:fs';
import { CheckpointError, ConfigError, type FamError, setBackend } from '@famjs/backends';
import type { WeightMap } from '@famjs/layer';
import { type BlockDtype, blockTypes, widened } from '@famjs/ops';
import { expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { LanguageModel } from '../../language-model.ts';
import { loadModel } from '../../load-model.ts';
import { bytesFile } from '../../sources/in-hand.ts';
import type { Tokenizer } from '../../tokenizers/tokenizer.ts';
import { numbersOf } from '../checkpoint.ts';
import { readSafetensors } from '../safetensors.ts';
import { decodeTensors } from '../values.ts';
import { ggufDtypes, readGgufHeader } from './header.ts';

const checkpoints = new URL('../../../../../tooling/checkpoints/', import.meta.url);
const bytesOf = (name: string) => new Uint8Array(readFileSync(new URL(name, checkpoints)));
const dtypes = bytesOf('gguf/dtypes.gguf');
const gguf = bytesOf('gguf/llama.gguf');

beforeAll(() => setBackend('cpu'));

describe('a tensor of a GGUF file', () => {
  const expected = decodeTensors(readSafetensors(bytesOf('gguf/dtypes.safetensors')).tensors);

  test.each(ggufDtypes)('of type %s has the numbers that Python makes of it', async (dtype) => {
    const { tensors } = await readGgufHeader(bytesFile(dtypes), 'the file');
    const { from, to, ...tensor } = tensors.get(dtype)!;
    expect(tensor).toEqual({ dtype, shape: expected[dtype]!.shape });
    const data = async () => dtypes.subarray(from, to);
    const values = await numbersOf({ file: 'the file', name: dtype, ...tensor, data });
    const wanted = expected[dtype]!.values;
    // Sums and products of two numbers may be rounded once more in numpy, which works in float32.
    const largest = Math.max(...Array.from(wanted, Math.abs));
    for (let i = 0; i < wanted.length; i++) {
      expect(Math.abs(values[i]! - wanted[i]!)).toBeLessThanOrEqual(largest * 2 ** -22);
    }
    expect(values).toHaveLength(3 * 512);
  });
});

/** Where the halves of a block stand by which its numbers are scaled and shifted. */
const scales = { Q8_0: [0], Q4_0: [0], Q4_1: [0, 2], Q4_K: [0, 2], Q6_K: [208] };
const brokenHalves = { NaN: 0x7e00, Infinity: 0x7c00, '-Infinity': 0xfc00 };

test.each(Object.entries(scales))('an infinite scale in any block of %s is found', async (dtype, places) => {
  const { tensors } = await readGgufHeader(bytesFile(dtypes), 'the file');
  const { from, to, ...tensor } = tensors.get(dtype)!;
  const { bytes, numbers } = blockTypes[dtype as BlockDtype];
  const last = (to - from) / bytes - 1;
  for (const block of [0, 1, last]) {
    for (const place of places) {
      for (const half of Object.values(brokenHalves)) {
        const data = dtypes.slice(from, to);
        new DataView(data.buffer).setUint16(block * bytes + place, half, true);
        const reading = numbersOf({ file: 'the file', name: dtype, ...tensor, data: async () => data });
        await expect(reading).rejects.toThrow(`Number ${block * numbers} of "${dtype}" is `);
      }
    }
  }
});

describe('a model in a GGUF file', () => {
  /** What its safetensors are read with instead: GGUF has no note for it. */
  const unsaid: Record<string, object> = { gemma3_text: { query_pre_attn_scalar: 8 } };

  test.each([
    ...[
      'llama',
      'llama-tied',
      'llama-llama3',
      'mistral',
      'qwen2',
      'qwen3',
      'gemma3_text',
      'phi3',
      'phi3-partial',
    ],
  ])('is %s, as its safetensors are', async (name) => {
    const file = new File([bytesOf(`gguf/${name}.gguf`)], `${name}.gguf`);
    const model = await loadModel(file);
    const config = JSON.parse(new TextDecoder().decode(bytesOf(`fixtures/${name}/config.json`)));
    const twin = await loadModel(
      {
        'config.json': new TextEncoder().encode(JSON.stringify({ ...config, ...unsaid[name] })),
        'model.safetensors': bytesOf(`fixtures/${name}/model.safetensors`),
      },
      { tokenizer: false },
    );
    expect(model.config).toEqual(twin.config);
    expect(Object.keys(model.weights).sort()).toEqual(Object.keys(twin.weights).sort());
    for (const [weight, tensor] of Object.entries(twin.weights as WeightMap)) {
      const values = await widened(model.weights[weight]!).data();
      // What one was added to and taken from was rounded twice.
      if (name.startsWith('gemma'))
        await expectClose([...values], [...(await tensor.data())], { relative: 1e-6, absolute: 1e-6 });
      else expect(values).toEqual(await tensor.data());
    }
    const tokens = [1, 5, 9, 2, 22, 14, 3, 17, 8, 28, 6, 11];
    const [own, wanted] = await Promise.all([model, twin].map((each) => logitsAfter(each, tokens)));
    const largest = Math.max(...wanted!.map(Math.abs));
    await expectClose(own!, wanted!, { relative: 0, absolute: 1e-5 * largest });
    expect(model.name).toBe(`${name}.gguf`);
    expect(model.tokenizer.encode('hello hell0')).toEqual([0, 22, 2, 21, 7]);
    expect(model.tokenizer.decode([22, 23, 18], { specialTokens: false })).toBe('hello hello\n');
    expect(model.tokenizer.specialTokens).toMatchObject({ bos: '<|start|>', eos: '<|end|>' });
    expect(model.tokenizer.chatTemplate).toContain('message.content');
    expect(model.endTokens).toEqual([1]);
    model.dispose();
    twin.dispose();
  });

  test('is found as one of several files, and takes what FAM adds from beside it', async () => {
    const fam = new TextEncoder().encode(JSON.stringify({ block_size: 8, memory_segments: 1 }));
    const model = await loadModel({ 'llama.gguf': gguf, 'fam.json': fam });
    expect(model.config.fam).toMatchObject({ blockSize: 8, memorySegments: 1 });
    model.dispose();
    await refusal({ 'a.gguf': gguf, 'b.gguf': gguf }, CheckpointError, 'a.gguf, b.gguf');
  });
});

async function logitsAfter(model: LanguageModel<Tokenizer | undefined>, tokens: number[]): Promise<number[]> {
  const session = model.session();
  await session.read(tokens);
  const [logits] = (await session.logits())!;
  session.dispose();
  return [...logits!];
}

/** The refusal of files, which must leave no tensors. */
async function refusal(
  files: Record<string, Uint8Array>,
  error: new (...args: never[]) => FamError,
  complaint: string | RegExp,
): Promise<void> {
  const { numTensors } = tf.memory();
  const caught = await loadModel(files).catch((caught) => caught);
  expect(caught).toBeInstanceOf(error);
  expect(caught.message).toMatch(complaint);
  expect(tf.memory().numTensors).toBe(numTensors);
}

const text = new TextEncoder();
/** Where a string stands in the file. */
function placeOf(file: Uint8Array, content: string): number {
  const at = Buffer.from(file).indexOf(content);
  if (at < 0) throw new Error(`no ${content} in the file`);
  return at;
}

/** The file with `change` made to a copy of it. */
function changed(file: Uint8Array, change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = Uint8Array.from(file);
  change(new DataView(bytes.buffer), bytes);
  return bytes;
}

/** The file with a string in place of an equally long one. */
const renamed = (file: Uint8Array, from: string, to: string) =>
  changed(file, (_, bytes) => bytes.set(text.encode(to), placeOf(file, from)));

/** Of "blk.0.attn_q.weight": where its number of dimensions stands; its two sizes, its type and its place follow. */
const info = placeOf(gguf, 'blk.0.attn_q.weight') + 'blk.0.attn_q.weight'.length;
const withSize = (at: number, size: bigint) => changed(gguf, (view) => view.setBigUint64(at, size, true));
const withNumber = (at: number, number: number) => changed(gguf, (view) => view.setUint32(at, number, true));
/** Where the type of a note stands. */
const noteOf = (key: string) => placeOf(gguf, key) + key.length;

describe('a GGUF file', () => {
  test('that is cut off anywhere is refused', async () => {
    for (let end = 0; end < gguf.length; end += end < 3000 ? 97 : 5003) {
      const cut = { 'model.gguf': gguf.slice(0, end) };
      await refusal(cut, CheckpointError, /header does not end|ends at byte/);
    }
  });

  test.each<[string, Uint8Array, string]>([
    ['another magic', withNumber(0, 0x46554748), 'does not begin with "GGUF"'],
    ['another version', withNumber(4, 4), 'version is 4'],
    ['the other byte order', withNumber(4, 3 << 24), 'version is 50331648'],
    ['more tensors than numbers count', withSize(8, 2n ** 60n), 'number of tensors is'],
    ['more tensors than it has', withSize(8, 2n ** 10n), 'has 0 dimensions'],
    ['more notes than it has', withSize(16, 2n ** 30n), 'tensors and 1073741824 notes'],
    ['a key twice', renamed(gguf, 'ggml.bos_token_id', 'ggml.eos_token_id'), 'is there twice'],
    ['a note of no type', withNumber(noteOf('llama.block_count'), 13), 'is of the type 13'],
    ['a list of lists', withNumber(noteOf('tokenizer.ggml.tokens') + 4, 9), 'is of the type 9'],
    [
      'a list without end',
      withSize(noteOf('tokenizer.ggml.tokens') + 8, 2n ** 40n),
      'its lists up to "tokenizer.ggml.tokens" hold',
    ],
    ['a tensor twice', renamed(gguf, 'blk.1.attn_k.weight', 'blk.1.attn_q.weight'), 'is there twice'],
    ['no dimension', withNumber(info, 0), 'has 0 dimensions'],
    ['five dimensions', withNumber(info, 5), 'has 5 dimensions'],
    ['nothing in a dimension', withSize(info + 4, 0n), 'has the shape [24,0]'],
    ['too much in a dimension', withSize(info + 4, 2n ** 51n), `has the shape [24,${2 ** 51}]`],
    ['a larger tensor', withSize(info + 4, 48n), '"blk.0.attn_v.weight" begins at byte'],
    ['rows of broken blocks', withNumber(info + 20, 8), 'rows of whole blocks of 32'],
    ['a type that is not read', withNumber(info + 20, 10), 'of the type Q2_K. Expected: one of F32, F16'],
    ['a type that nobody knows', withNumber(info + 20, 999), 'of the type number 999'],
    ['a tensor over another', withSize(info + 24, 0n), '"blk.0.attn_q.weight" begins at byte 0'],
    ['a name that is no text', changed(gguf, (_, bytes) => bytes.fill(0xff, info - 4, info)), 'no UTF-8'],
    ['a note of another type', withNumber(noteOf('ggml.add_bos_token'), 0), 'is no boolean'],
    ['tokens beyond its vocabulary', withNumber(noteOf('tokenizer.ggml.bos_token_id') + 4, 99), 'is 99'],
    ['an unknown cut', renamed(gguf, 'smollm', 'smollx'), 'cuts its text by "smollx"'],
    ['an unknown vocabulary', renamed(gguf, 'gpt2', 'bert'), 'of the kind "bert"'],
    ['an unknown weight', renamed(gguf, 'output_norm', 'output_born'), 'Missing: model.norm.weight'],
    [
      'a hostile name',
      renamed(gguf, 'output_norm.weight', '__proto__.weight_x'),
      'Missing: model.norm.weight',
    ],
  ])('with %s is refused', (_, file, complaint) =>
    refusal({ 'model.gguf': file }, CheckpointError, complaint),
  );

  test.each<[string, Uint8Array, string]>([
    ['an unknown family', renamed(gguf, 'llama', 'mamba'), '"mamba". Expected: one of llama, qwen2, qwen3'],
  ])('with %s is refused', (_, file, complaint) => refusal({ 'model.gguf': file }, ConfigError, complaint));

  test('whose vocabulary is not wanted is loaded whatever that is', async () => {
    const model = await loadModel({ 'model.gguf': renamed(gguf, 'gpt2', 'bert') }, { tokenizer: false });
    expect(model.endTokens).toEqual([1]);
    model.dispose();
  });
});

describe('a header takes no more memory than a real one', () => {
  /** A header with no tensors and one list of bytes. */
  function headerOf({ notes = 1, items = 0 }): Uint8Array {
    const bytes = new Uint8Array(24 + 9 + 16 + items);
    const view = new DataView(bytes.buffer);
    bytes.set(new TextEncoder().encode('GGUF'));
    view.setUint32(4, 3, true);
    view.setBigUint64(16, BigInt(notes), true);
    view.setBigUint64(24, 1n, true);
    bytes[32] = 0x61;
    view.setUint32(33, 9, true);
    view.setBigUint64(41, BigInt(items), true);
    return bytes;
  }
  const read = (bytes: Uint8Array) => readGgufHeader(bytesFile(bytes), 'the file');

  test('a list is as long as its file has it, up to a limit', async () => {
    expect((await read(headerOf({ items: 1000 }))).metadata.get('a')).toHaveLength(1000);
    const refused = read(headerOf({ items: 2 ** 22 + 1 }));
    await expect(refused).rejects.toThrow(CheckpointError);
    await expect(refused).rejects.toThrow('its lists up to "a" hold 4194305 values');
  });

  test('notes are counted before they are read', async () => {
    await expect(read(headerOf({ notes: 65_537 }))).rejects.toThrow('0 tensors and 65537 notes');
  });
});
