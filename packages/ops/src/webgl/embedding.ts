/** Embedding lookup on webgl, and the sum over equal tokens, in their order: each row of the table reads its own tokens. */
import { elementwise, type WebglHost } from '@famjs/backends/webgl';
import type * as tf from '@tensorflow/tfjs-core';

type Inputs = { table: tf.TensorInfo; ids: tf.TensorInfo };

export function embedding(host: WebglHost, { table, ids }: Inputs): tf.TensorInfo[] {
  const width = table.shape[1]!;
  const rows = host.compute({
    shape: [ids.shape[0]!, width],
    width,
    code: `
      float value(int row, int column) {
        return row < count && column < width ? table(int(ids(row)) * width + column) : 0.0;
      }
      ${elementwise}`,
    tensors: { table, ids },
    integers: { width, count: ids.shape[0]! },
  });
  return [rows];
}

export function embeddingGradient(
  host: WebglHost,
  { table, ids, dy }: Inputs & { dy: tf.TensorInfo },
): tf.TensorInfo[] {
  const [vocabulary, width] = table.shape as [number, number];
  const { starts, tokens } = runsOf(host.read(ids), vocabulary);
  const sums = host.compute({
    shape: table.shape,
    width,
    code: `
      float value(int row, int column) {
        float sum = 0.0;
        if (row >= vocabulary || column >= width) return sum;
        int end = int(starts(row + 1));
        for (int i = int(starts(row)); i < end; i++) sum += dy(int(tokens(i)) * width + column);
        return sum;
      }
      ${elementwise}`,
    tensors: { dy, starts: host.constant(starts), tokens: host.constant(tokens) },
    integers: { width, vocabulary },
  });
  return [sums];
}

/** Tokens in the order of their ids, equal ones in their own; and where those of each id begin, and the last ends. */
function runsOf(ids: tf.TypedArray, vocabulary: number): Record<'starts' | 'tokens', Float32Array> {
  const starts = new Float32Array(vocabulary + 1);
  for (const id of ids) starts[id + 1]!++;
  for (let id = 0; id < vocabulary; id++) starts[id + 1]! += starts[id]!;
  const ends = starts.slice();
  const tokens = new Float32Array(ids.length);
  ids.forEach((id, token) => {
    tokens[ends[id]!++] = token;
  });
  return { starts, tokens };
}
