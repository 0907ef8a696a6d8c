/** While a model loads, no more of its files is held than one tensor, and nothing is left of a loading that fails. */
import { setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { readModel } from '../src/formats/read-model.ts';
import { loadModel, modelFiles } from '../src/index.ts';
import { bytesFile } from '../src/sources/in-hand.ts';
import { sourceOf } from '../src/sources/source.ts';
import { smallModel, smallTokenizer } from './small-model.ts';

let files: Record<string, Uint8Array>;
beforeAll(async () => {
  await setBackend('cpu');
  const { weights, config } = smallModel();
  files = await modelFiles({ config, weights, tokenizer: smallTokenizer });
  tf.dispose(weights);
});

test('weights are read one at a time, and the next when the last was taken', async () => {
  const parts: number[] = [];
  const find = async (name: string) => {
    const file = files[name] && bytesFile(files[name]);
    if (!file || !name.endsWith('.safetensors')) return file;
    const read = (from: number, to: number) => {
      parts.push(to - from);
      return file.read(from, to);
    };
    return { size: file.size, read };
  };
  const { weights } = await readModel(sourceOf('here', [], find, {}), {}, true);
  const headers = parts.length;
  let taken = 0;
  for await (const [, { shape }] of weights()) {
    taken++;
    expect(parts).toHaveLength(headers + taken);
    expect(parts.at(-1)).toBe(4 * shape.reduce((a, b) => a * b, 1));
  }
  expect(taken).toBeGreaterThan(10);
});

test('a loading that ends in the middle of the weights leaves none', async () => {
  const { numTensors } = tf.memory();
  for (const share of [0.1, 0.5, 1]) {
    const controller = new AbortController();
    const onProgress = ({
      file,
      loaded,
      total = 0,
    }: {
      file: string;
      loaded: number;
      total?: number | undefined;
    }) => {
      if (file === 'model.safetensors' && loaded >= share * total) controller.abort();
    };
    const loading = loadModel(files, { onProgress, signal: controller.signal });
    await expect(loading).rejects.toThrow('aborted');
    expect(tf.memory().numTensors).toBe(numTensors);
  }
});
