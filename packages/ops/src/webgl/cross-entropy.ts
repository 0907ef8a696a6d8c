/** Cross-entropy of tokens on webgl: rows of logits in strips, whose maxima and sums are then put together. */
import type { WebglHost } from '@famjs/backends/webgl';
import type * as tf from '@tensorflow/tfjs-core';

type Inputs = Record<'logits' | 'labels' | 'weights', tf.TensorInfo>;

/** Logits of a row that one fragment reads. */
const STRIP = 128;

export function crossEntropy(host: WebglHost, { logits, labels, weights }: Inputs): tf.TensorInfo[] {
  const [rows, vocabulary] = logits.shape as [number, number];
  const logSumExp = logSumExpOf(host, logits, rows, vocabulary);
  const losses = host.compute({
    shape: [rows],
    width: rows,
    code: `
      float loss(int row) {
        return weights(row) * (logSumExp(row) - logits(row * vocabulary + int(labels(row))));
      }
      vec4 values(int none, int row) { return vec4(loss(row), row + 1 < rows ? loss(row + 1) : 0.0, 0.0, 0.0); }`,
    tensors: { logits, labels, weights, logSumExp },
    integers: { rows, vocabulary },
  });
  return [losses, logSumExp];
}

export function crossEntropyGradient(
  host: WebglHost,
  { logits, labels, weights, logSumExp, dy }: Inputs & Record<'logSumExp' | 'dy', tf.TensorInfo>,
): tf.TensorInfo[] {
  const [rows, vocabulary] = logits.shape as [number, number];
  const gradient = host.compute({
    shape: [rows, vocabulary],
    width: vocabulary,
    code: `
      vec4 ofRows(float first, float second) { return vec4(first, first, second, second); }
      vec4 values(int row, int column) {
        int next = min(row + 1, rows - 1);
        vec4 logSumExps = ofRows(logSumExp(row), logSumExp(next)), label = ofRows(labels(row), labels(next));
        vec4 scale = ofRows(weights(row) * dy(row), weights(next) * dy(next));
        vec4 isLabel = vec4(equal(label, float(column) + vec4(0.0, 1.0, 0.0, 1.0)));
        return scale * (exp(logits2x2(row, column) - logSumExps) - isLabel);
      }`,
    tensors: { logits, labels, weights, logSumExp, dy },
    widths: { logits: vocabulary },
    integers: { rows },
  });
  return [gradient];
}

/** [rows]: log Σ exp of each row. */
function logSumExpOf(
  host: WebglHost,
  logits: tf.TensorInfo,
  rows: number,
  vocabulary: number,
): tf.TensorInfo {
  const strips = Math.ceil(vocabulary / STRIP);
  const pairs = Math.ceil(rows / 2);
  const partial = pairs > 0 ? [host.texture(strips, pairs)] : [];
  if (pairs > 0)
    host.draw({
      code: `
        void main() {
          ivec2 texel = ivec2(gl_FragCoord.xy);
          int row = 2 * texel.y, first = ${STRIP} * texel.x, end = min(first + ${STRIP}, vocabulary);
          vec4 high = logits2x2(row, first).xxzz;
          for (int column = first; column < end; column += 2) {
            vec4 four = logits2x2(row, column);
            high = max(high, column + 1 < end ? four : four.xxzz);
          }
          vec2 highs = max(high.xz, high.yw), sums = vec2(0.0);
          for (int column = first; column < end; column += 2) {
            vec4 four = exp(logits2x2(row, column) - highs.xxyy);
            sums += four.xz + (column + 1 < end ? four.yw : vec2(0.0));
          }
          target0 = vec4(highs, sums);
        }`,
      tensors: { logits },
      widths: { logits: vocabulary },
      integers: { vocabulary },
      targets: partial,
    });
  const levels = host.compute({
    shape: [rows],
    width: rows,
    code: `
      vec4 values(int none, int row) {
        vec2 high = vec2(-3.4e38), sums = vec2(0.0);
        for (int strip = 0; strip < strips; strip++) {
          vec4 part = texture(partial[0], (vec2(strip, row / 2) + 0.5) * partialTexel);
          vec2 higher = max(high, part.xy);
          sums = sums * exp(high - higher) + part.zw * exp(part.xy - higher);
          high = higher;
        }
        return vec4(high + log(sums), 0.0, 0.0);
      }`,
    textures: { partial },
    integers: { strips },
  });
  host.release(...partial);
  return levels;
}
