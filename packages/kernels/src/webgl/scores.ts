/** The scores of a part and what becomes of them: weights, and dS of the backward pass. */
import type { WebglHost } from '@famjs/backends/webgl';
import type * as tf from '@tensorflow/tfjs-core';
import { each, type Layout, type Matrix, matrix, structured } from './layout.ts';
import { dots, type Part, placeOf, rectangle, standing } from './products.ts';

/** Low enough to vanish in a softmax, finite because the sum of a row must stay a number. */
const HIDDEN = '-1e30';

/** Four groups of rows of a matrix of a part, which holds the scores of its heads side by side. */
function scoreMatrix(host: WebglHost, { R, KG, NG }: Layout, { heads, blocks }: Part): Matrix {
  return matrix(host, R, heads * KG, blocks * NG);
}

const amongScores = `${standing}
  int head = over(texel.x, KG), j = texel.x - head * KG;
  head += firstHead;
  bool dead = j < firstGroup(block) || j >= endGroup(i);`;

/** scale · q · k, and `HIDDEN` where a query does not see a key. */
export function scores(host: WebglHost, layout: Layout, part: Part, q: Matrix, k: Matrix): Matrix {
  const { R } = layout;
  const targets = scoreMatrix(host, layout, part);
  host.draw(
    structured(layout)({
      code: `
        void main() {
          ${amongScores}
          if (dead) discard;
          ${dots(R, 'q', 'k')}
          ${each(R, (r) => `target${r} = mix(vec4(${HIDDEN}), s${r} * scale, seen(keysSeen(j, R * i + ${r})));`)}
        }`,
      textures: { q, k },
      integers: placeOf(part),
      targets,
    }),
  );
  return targets;
}

/** exp(scale · q · k − log-sum-exp), and 0 where a query does not see a key. */
export function weights(
  host: WebglHost,
  layout: Layout,
  part: Part,
  { q, k, logSumExps }: { q: Matrix; k: Matrix; logSumExps: tf.TensorInfo },
): Matrix {
  const { R } = layout;
  const targets = scoreMatrix(host, layout, part);
  host.draw(
    structured(layout)({
      code: `
        void main() {
          ${amongScores}
          if (dead) discard;
          ${dots(R, 'q', 'k')}
          vec4 logSumExp = texture(logSumExps[0], (vec2(head, block * NG + i) + 0.5) * logSumExpsTexel);
          ${each(R, (r) => `target${r} = mix(vec4(0.0), exp(s${r} * scale - logSumExp[${r}]), seen(keysSeen(j, R * i + ${r})));`)}
        }`,
      textures: { q, k, logSumExps: [logSumExps] },
      integers: placeOf(part),
      targets,
    }),
  );
  return targets;
}

/** scale · weight · (dy · v − delta): dS, the gradient of q · k. */
export function scoreGradients(
  host: WebglHost,
  layout: Layout,
  part: Part,
  { dy, v, weights, deltas }: { dy: Matrix; v: Matrix; weights: Matrix; deltas: tf.TensorInfo },
): Matrix {
  const { R } = layout;
  const targets = scoreMatrix(host, layout, part);
  host.draw(
    structured(layout)({
      code: `
        void main() {
          ${amongScores}
          if (dead) discard;
          ${dots(R, 'dy', 'v')}
          vec4 delta = texture(deltas[0], (vec2(head, block * NG + i) + 0.5) * deltasTexel);
          vec2 at = gl_FragCoord.xy * weightsTexel;
          ${each(R, (r) => `target${r} = scale * texture(weights[${r}], at) * (s${r} - delta[${r}]);`)}
        }`,
      textures: { dy, v, weights, deltas: [deltas] },
      integers: placeOf(part),
      targets,
    }),
  );
  return targets;
}

/** The highest score of each row of a part: a texel for a group of queries of one head. */
export function highest(host: WebglHost, layout: Layout, part: Part, scores: Matrix): tf.TensorInfo {
  const { R, NG } = layout;
  const target = host.texture(part.heads, part.blocks * NG);
  host.draw(
    structured(layout)({
      code: `
        void main() {
          ${standing}
          int end = endGroup(i);
          ${each(R, (r) => `vec4 s${r} = vec4(${HIDDEN});`)}
          for (int j = firstGroup(block); j < end; j++) {
            vec2 at = vec2((float(texel.x * KG + j) + 0.5) * scoresTexel.x, gl_FragCoord.y * scoresTexel.y);
            ${each(R, (r) => `s${r} = max(s${r}, texture(scores[${r}], at));`)}
          }
          target0 = vec4(0.0);
          ${each(R, (r) => `target0[${r}] = max(max(s${r}.x, s${r}.y), max(s${r}.z, s${r}.w));`)}
        }`,
      textures: { scores },
      integers: placeOf(part),
      targets: [target],
    }),
  );
  return target;
}

/** exp(score − highest) */
export function powers(
  host: WebglHost,
  layout: Layout,
  part: Part,
  scores: Matrix,
  highs: tf.TensorInfo,
): Matrix {
  const { R } = layout;
  const targets = scoreMatrix(host, layout, part);
  host.draw(
    structured(layout)({
      code: `
        void main() {
          ${amongScores}
          if (dead) discard;
          vec4 high = texture(highs[0], vec2(float(head - firstHead) + 0.5, gl_FragCoord.y) * highsTexel);
          vec2 at = gl_FragCoord.xy * scoresTexel;
          ${each(R, (r) => `target${r} = exp(texture(scores[${r}], at) - high[${r}]);`)}
        }`,
      textures: { scores, highs: [highs] },
      integers: placeOf(part),
      targets,
    }),
  );
  return targets;
}

/** Draws highest + log Σ powers into the part's rectangle of a texture for all queries and heads. */
export function logSums(
  host: WebglHost,
  layout: Layout,
  part: Part,
  powers: Matrix,
  highs: tf.TensorInfo,
  target: tf.TensorInfo,
): void {
  const { R, NG } = layout;
  host.draw(
    structured(layout)({
      code: `
        void main() {
          ${standing}
          int head = texel.x - firstHead, row = (block - firstBlock) * NG + i, end = endGroup(i);
          ${each(R, (r) => `vec4 s${r} = vec4(0.0);`)}
          for (int j = firstGroup(block); j < end; j++) {
            vec2 at = (vec2(head * KG + j, row) + 0.5) * powersTexel;
            ${each(R, (r) => `s${r} += texture(powers[${r}], at);`)}
          }
          vec4 sums = vec4(1.0);
          ${each(R, (r) => `sums[${r}] = dot(s${r}, vec4(1.0));`)}
          target0 = texture(highs[0], (vec2(head, row) + 0.5) * highsTexel) + log(sums);
        }`,
      textures: { powers, highs: [highs] },
      integers: placeOf(part),
      targets: [target],
      region: rectangle(part, 1, NG),
    }),
  );
}
