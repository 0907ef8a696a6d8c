/** Attention in passes: scores, their row maxima, powers, values; backwards weights, dS and their products. */
import type { WebglHost, WebglKernel } from '@famjs/backends/webgl';
import type * as tf from '@tensorflow/tfjs-core';
import type {
  AttentionAttributes,
  AttentionResults,
  AttentionTensors,
  GradientAttributes,
} from '../problem.ts';
import { gatherKeys, gatherQueries } from './gather.ts';
import { each, KEYS, type Layout, layoutOf, type Matrix, matrix } from './layout.ts';
import { partsOf } from './parts.ts';
import { intoKeys, intoQueries } from './products.ts';
import { scatterKeys, scatterLogSumExp, scatterQueries } from './scatter.ts';
import { highest, logSums, powers, scoreGradients, scores, weights } from './scores.ts';

export const forward: WebglKernel<AttentionTensors, AttentionAttributes> = (host, tensors, attributes) => {
  const layout = layoutOf(tensors, attributes);
  const { R, NG, DG, H, blocks } = layout;
  const q = gatherQueries(host, layout, tensors.q);
  const k = gatherKeys(host, layout, tensors, 'K');
  const v = gatherKeys(host, layout, tensors, 'V');
  const values = matrix(host, R, H * DG, blocks * NG);
  const logSumExps = host.texture(H, blocks * NG);
  for (const part of partsOf(host, layout, 1)) {
    const s = scores(host, layout, part, q, k);
    const highs = highest(host, layout, part, s);
    const p = powers(host, layout, part, s, highs);
    host.release(...s);
    intoQueries(host, layout, part, p, v, values, true);
    logSums(host, layout, part, p, highs, logSumExps);
    host.release(...p, highs);
  }
  host.release(...q, ...k, ...v);
  const results = [scatterQueries(host, layout, values), scatterLogSumExp(host, layout, logSumExps)];
  host.release(...values, logSumExps);
  return results;
};

export const backward: WebglKernel<AttentionTensors & AttentionResults, GradientAttributes> = (
  host,
  tensors,
  { gradientsOf, ...attributes },
) => {
  const layout = layoutOf(tensors, attributes);
  const { R, NG, KG, DG, H, Hkv, blocks } = layout;
  const dy = gatherQueries(host, layout, tensors.dy);
  const [logSumExps, deltas] = rowsOf(host, layout, tensors, dy);
  const q = gatherQueries(host, layout, tensors.q);
  const k = gatherKeys(host, layout, tensors, 'K');
  const v = gatherKeys(host, layout, tensors, 'V');
  const dq = matrix(host, R, H * DG, blocks * NG);
  const dk = matrix(host, KEYS, Hkv * DG, blocks * KG);
  const dv = matrix(host, KEYS, Hkv * DG, blocks * KG);
  for (const part of partsOf(host, layout, H / Hkv)) {
    const w = weights(host, layout, part, { q, k, logSumExps });
    intoKeys(host, layout, part, w, dy, dv);
    const dS = scoreGradients(host, layout, part, { dy, v, weights: w, deltas });
    host.release(...w);
    intoQueries(host, layout, part, dS, k, dq, false);
    intoKeys(host, layout, part, dS, q, dk);
    host.release(...dS);
  }
  host.release(logSumExps, deltas, ...dy, ...q, ...k, ...v);
  const gradientOf = {
    q: () => scatterQueries(host, layout, dq),
    k: () => scatterKeys(host, layout, dk, tensors.k, 'own', tensors),
    v: () => scatterKeys(host, layout, dv, tensors.v, 'own', {}),
    famK: () => scatterKeys(host, layout, dk, tensors.famK!, 'fam', {}),
    famV: () => scatterKeys(host, layout, dv, tensors.famV!, 'fam', {}),
    memoryK: () => scatterKeys(host, layout, dk, tensors.memoryK!, 'memory', tensors),
    memoryV: () => scatterKeys(host, layout, dv, tensors.memoryV!, 'memory', {}),
  };
  const gradients = gradientsOf.map((name) => gradientOf[name as keyof typeof gradientOf]());
  host.release(...dq, ...dk, ...dv);
  return gradients;
};

/** The log-sum-exp of each row, and the sum of dy · value over its columns: a texel for a group of queries of one head. */
function rowsOf(
  host: WebglHost,
  layout: Layout,
  { logSumExp, value }: AttentionResults,
  dy: Matrix,
): [logSumExps: tf.TensorInfo, deltas: tf.TensorInfo] {
  const { R, NG, H, blocks, integers } = layout;
  const values = gatherQueries(host, layout, value);
  const targets = [host.texture(H, blocks * NG), host.texture(H, blocks * NG)] as [
    tf.TensorInfo,
    tf.TensorInfo,
  ];
  host.draw({
    code: `
      void main() {
        ivec2 texel = ivec2(gl_FragCoord.xy);
        int block = over(texel.y, NG), i = texel.y - block * NG, head = texel.x;
        target0 = target1 = vec4(0.0);
        ${each(R, (r) => `if (${R} * i + ${r} < N) target0[${r}] = logSumExp((block * N + ${R} * i + ${r}) * H + head);`)}
        for (int d = 0; d < DG; d++) {
          vec2 at = vec2((float(head * DG + d) + 0.5) * dyTexel.x, gl_FragCoord.y * dyTexel.y);
          ${each(R, (r) => `target1[${r}] += dot(texture(dy[${r}], at), texture(values[${r}], at));`)}
        }
      }`,
    tensors: { logSumExp },
    textures: { dy, values },
    integers,
    targets,
  });
  host.release(...values);
  return targets;
}
