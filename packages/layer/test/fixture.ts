/** The oracle's fixtures (tooling/oracle/README.md): inputs and answers of tiny models, read from safetensors. */
import { readdirSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { Layers } from './stacks.ts';

export interface Fixture extends Layers {
  name: string;
  /** S: tokens of each row. */
  length: number;
  /** The stored tensors whose names start with `prefix`, under the rest of their names. */
  tensors(prefix: string): Record<string, tf.Tensor>;
}

const folder = new URL('../../../tooling/oracle/fixtures/', import.meta.url);

export const fixtures: Fixture[] = readdirSync(folder).map((file) => {
  const bytes = readFileSync(new URL(file, folder));
  const start = 8 + Number(bytes.readBigUInt64LE());
  const { __metadata__, ...stored } = JSON.parse(bytes.toString('utf8', 8, start));
  const [model, fam] = [JSON.parse(__metadata__.config), JSON.parse(__metadata__.fam)];
  return {
    name: file.replace('.safetensors', ''),
    config: {
      width: model.hidden_size,
      heads: model.num_attention_heads,
      keyValueHeads: model.num_key_value_heads,
      headWidth: model.head_dim,
      normEpsilon: model.rms_norm_eps,
      theta: model.rope_theta,
      blockSize: fam.block_size,
      memorySegments: fam.memory_segments,
      famLength: fam.fam_length,
      variant: fam.variant,
      position: fam.position,
    },
    depth: model.num_hidden_layers,
    rows: stored['input.tokens'].shape[0],
    length: stored['input.tokens'].shape[1],
    tensors: (prefix) => {
      const names = Object.keys(stored).filter((name) => name.startsWith(prefix));
      return Object.fromEntries(
        names.map((name) => [name.slice(prefix.length), read(bytes, start, stored[name])]),
      );
    },
  };
});

interface Stored {
  dtype: 'F32' | 'I32';
  shape: number[];
  data_offsets: [number, number];
}

function read(bytes: Buffer, start: number, { dtype, shape, data_offsets }: Stored): tf.Tensor {
  const [from, to] = data_offsets.map((offset) => bytes.byteOffset + start + offset);
  const data = bytes.buffer.slice(from!, to!);
  return dtype === 'I32'
    ? tf.tensor(new Int32Array(data), shape, 'int32')
    : tf.tensor(new Float32Array(data), shape, 'float32');
}
