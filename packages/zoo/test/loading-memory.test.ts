/** While a model loads, no more of its files is held than one tensor, and nothing is left of a loading that fails. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setBackend } from '@famjs/backends';
import { heldBytes } from '@famjs/testing/held-bytes';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LlamaNumbers } from '../src/families/llama.ts';
import { readModel } from '../src/formats/read-model.ts';
import {
  configFiles,
  llamaConfig,
  loadModel,
  type ModelConfig,
  modelFiles,
  type RawTensor,
  weightShapes,
  writeSafetensors,
} from '../src/index.ts';
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

describe('while a model loads', () => {
  const config = llamaConfig({
    ...{ width: 256, heads: 4, layers: 2, intermediateWidth: 512, vocabularySize: 512 },
    fam: { blockSize: 8, memorySegments: 1, variant: 'bswa' },
  });
  const shapes = weightShapes(config);
  const sizeOf = (name: string) => shapes[name]!.reduce((a, b) => a * b, 1);
  const raw = (name: string): [string, RawTensor] => [
    name,
    { dtype: 'F32', shape: shapes[name]!, data: new Uint8Array(4 * sizeOf(name)) },
  ];
  const names = Object.keys(shapes);
  const json = (content: object) => new TextEncoder().encode(JSON.stringify(content));
  const shard = (i: number) => `model-0000${i + 1}-of-00003.safetensors`;
  const { config: configJson } = configFiles(config);

  const whole = () => ({
    'config.json': json(configJson),
    'model.safetensors': writeSafetensors(Object.fromEntries(names.map(raw))),
  });
  const sharded = () => ({
    'config.json': json(configJson),
    'model.safetensors.index.json': json({
      weight_map: Object.fromEntries(names.map((name, i) => [name, shard(i % 3)])),
    }),
    ...Object.fromEntries(
      [0, 1, 2].map((part) => [
        shard(part),
        writeSafetensors(Object.fromEntries(names.filter((_, i) => i % 3 === part).map(raw))),
      ]),
    ),
  });
  const gguf = () => ({ 'model.gguf': ggufOf(config) });

  let folder: string;
  let server: Server;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'famjs-loading-'));
    server = createServer((request, response) => {
      const file = path.join(folder, request.url!);
      if (!existsSync(file)) return response.writeHead(404).end();
      response.writeHead(200, { 'content-length': statSync(file).size });
      return createReadStream(file).pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  test.each([
    ['safetensors', whole, 4, false],
    ['shards', sharded, 4, false],
    ['a GGUF file of halves', gguf, 2, false],
    ['safetensors behind a URL', whole, 4, true],
  ] as const)('from %s, its own bytes are held and those of one tensor', async (kind, make, width, isUrl) => {
    const place = path.join(folder, kind.replaceAll(' ', '-'));
    await mkdir(place);
    for (const [name, bytes] of Object.entries(make())) await writeFile(path.join(place, name), bytes);
    const { port } = server.address() as AddressInfo;
    const own = width * names.reduce((sum, name) => sum + sizeOf(name), 0);
    const largest = width * Math.max(...names.map(sizeOf));
    const before = heldBytes();
    let [most, looks] = [0, 0];
    let last = { file: '', loaded: 0 };
    const onProgress = ({ file, loaded }: { file: string; loaded: number }) => {
      if (!/safetensors$|gguf$/.test(file)) return;
      if (file !== last.file) last = { file, loaded: 0 };
      if (loaded < last.loaded + largest / 2) return;
      last = { file, loaded };
      looks++;
      most = Math.max(most, heldBytes() - before);
    };
    const from = isUrl ? `http://127.0.0.1:${port}/${path.basename(place)}` : place;
    const model = await loadModel(from, { tokenizer: false, onProgress });
    most = Math.max(most, heldBytes() - before);
    expect(looks).toBeGreaterThan(4);
    expect(most).toBeGreaterThan(own);
    // What is on the line lies in buffers of streams, and headers are small.
    expect(most).toBeLessThan(own + largest + (1 << 19));
    model.dispose();
  });
});

/** A GGUF file of zeros in F16 for a Llama, with no vocabulary. */
function ggufOf(config: ModelConfig): Uint8Array {
  const { heads, intermediateWidth, theta } = config.family as LlamaNumbers;
  const notes: Record<string, number | string> = {
    'general.architecture': 'llama',
    'llama.block_count': config.layers,
    'llama.embedding_length': config.width,
    'llama.feed_forward_length': intermediateWidth,
    'llama.attention.head_count': heads,
    'llama.context_length': 64,
    'llama.attention.layer_norm_rms_epsilon': 1,
    'llama.rope.freq_base': theta,
  };
  const parts: Record<string, string> = {
    input_layernorm: 'attn_norm',
    post_attention_layernorm: 'ffn_norm',
    ...{ 'self_attn.q_proj': 'attn_q', 'self_attn.k_proj': 'attn_k', 'self_attn.v_proj': 'attn_v' },
    'self_attn.o_proj': 'attn_output',
    ...{ 'mlp.gate_proj': 'ffn_gate', 'mlp.up_proj': 'ffn_up', 'mlp.down_proj': 'ffn_down' },
  };
  const around: Record<string, string> = {
    'model.embed_tokens.weight': 'token_embd.weight',
    'model.norm.weight': 'output_norm.weight',
    'lm_head.weight': 'output.weight',
  };
  const ggufName = (name: string) => {
    const [, layer, part] = /^model\.layers\.(\d+)\.(.*)\.weight$/.exec(name) ?? [];
    return part ? `blk.${layer}.${parts[part]}.weight` : around[name]!;
  };
  const bytes: number[] = [];
  const put = (size: 4 | 8, value: number) => {
    const buffer = Buffer.alloc(size);
    if (size === 4) buffer.writeUInt32LE(value);
    else buffer.writeBigUInt64LE(BigInt(value));
    bytes.push(...buffer);
  };
  const text = (value: string) => {
    put(8, value.length);
    bytes.push(...Buffer.from(value));
  };
  const shapes = Object.entries(weightShapes(config));
  put(4, 0x46554747);
  put(4, 3);
  put(8, shapes.length);
  put(8, Object.keys(notes).length);
  for (const [key, value] of Object.entries(notes)) {
    text(key);
    put(4, typeof value === 'string' ? 8 : 4);
    if (typeof value === 'string') text(value);
    else put(4, value);
  }
  let offset = 0;
  for (const [name, shape] of shapes) {
    text(ggufName(name));
    put(4, shape.length);
    for (const size of [...shape].reverse()) put(8, size);
    put(4, 1);
    put(8, offset);
    offset += 2 * shape.reduce((a, b) => a * b, 1);
  }
  const start = Math.ceil(bytes.length / 32) * 32;
  const file = new Uint8Array(start + offset);
  file.set(bytes);
  return file;
}
