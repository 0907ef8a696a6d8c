/// <reference types="vite/client" />
/** The oracle's fixtures (tooling/oracle/README.md): inputs and answers of tiny models, read from safetensors. */
import * as tf from '@tensorflow/tfjs-core';
import type { StoppedGradient } from '../src/index.ts';
import type { Layers } from './stacks.ts';

/** What a case asks of the reading of its text. */
interface Options {
  stop_gradient?: StoppedGradient;
  /** Row by row, the blocks at which documents begin. */
  starts?: number[][];
  layer_windows?: (number | null)[];
  /** Weights of the auxiliary losses. */
  diversity?: number;
  reconstruction?: number;
}

export interface Fixture extends Layers {
  name: string;
  /** S: tokens of each row. */
  length: number;
  /** Whether it is one of many that show what sets a variant apart. */
  isVariant: boolean;
  options: Options;
  /** The stored tensors whose names start with `prefix`, under the rest of their names. */
  tensors(prefix: string): Record<string, tf.Tensor>;
}

/** Data URLs by path: tests in browsers have no file system. */
const files = import.meta.glob<string>('../../../tooling/oracle/fixtures/{*,variants/*}.safetensors', {
  query: '?url&inline',
  import: 'default',
  eager: true,
});

export const fixtures: Fixture[] = Object.entries(files).map(([path, url]) => {
  const bytes = Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (byte) => byte.charCodeAt(0));
  const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const { __metadata__, ...stored } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const [model, fam] = [JSON.parse(__metadata__.config), JSON.parse(__metadata__.fam)];
  const options: Options = JSON.parse(__metadata__.options ?? '{}');
  return {
    name: path.slice(path.lastIndexOf('/') + 1, -'.safetensors'.length),
    config: {
      width: model.hidden_size,
      heads: model.num_attention_heads,
      keyValueHeads: model.num_key_value_heads,
      headWidth: model.head_dim,
      normEpsilon: model.rms_norm_eps,
      theta: model.rope_theta,
      windows: options.layer_windows,
      ...{ blockSize: fam.block_size, memorySegments: fam.memory_segments, famLength: fam.fam_length },
      ...{ variant: fam.variant, position: fam.position, sinks: fam.sinks ?? 0 },
      ...{ window: fam.window, visible: fam.visible, norm: fam.norm, maxSummaries: fam.max_summaries },
    },
    isVariant: path.includes('/variants/'),
    options,
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

function read(
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  { dtype, shape, data_offsets }: Stored,
): tf.Tensor {
  const [from, to] = data_offsets.map((offset) => start + offset);
  const data = bytes.buffer.slice(from!, to!);
  return dtype === 'I32'
    ? tf.tensor(new Int32Array(data), shape, 'int32')
    : tf.tensor(new Float32Array(data), shape, 'float32');
}
