/** Cross-entropy of what a head makes of activations: of a large vocabulary no more logits than a chunk's exist at once. */
import { require, ShapeError } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { tokenCrossEntropy } from './cross-entropy.ts';
import { kernelOp, runKernel } from './kernel-op.ts';
import { linear, linearOp, type Projection } from './linear.ts';
import { type BlockAttributes, isQuantised, type Quantised, widenedRows } from './quantised.ts';

/**
 * Logits are the sum of x0 · weight0ᵀ, x1 · weight1ᵀ, …: the head's own, and those of its adapters. A quantised head has `pieces0`,
 * `pieces1`, … in place of weight0.
 */
type Summands = Record<string, tf.Tensor | undefined>;
type Constants = { labels: tf.Tensor; weights: tf.Tensor };
type Attributes = { summands: number; vocabulary: number; columns: number; blocks?: BlockAttributes };

/** Made again for the gradient, chunk by chunk; no logits are kept for it. */
export const headCrossEntropyOp = kernelOp<Summands, Constants, Attributes, 'value' | 'logSumExp'>({
  name: 'famjs/HeadCrossEntropy',
  outputs: ['value', 'logSumExp'],
  forward({ labels, weights, ...tensors }, attributes) {
    const summands = summandsOf(tensors, attributes);
    const parts = chunks(attributes).map(({ from, size }) =>
      tf.tidy(() => {
        const logits = logitsOf(summands, from, size);
        const own = tf.sum(tf.mul(logits, isLabel(labels!, from, size)), 1);
        return [tf.logSumExp(logits, 1), own] as const;
      }),
    );
    const logSumExp = tf.logSumExp(
      tf.stack(
        parts.map(([logSumExp]) => logSumExp),
        1,
      ),
      1,
    );
    const own = tf.addN(parts.map(([, own]) => own));
    return [tf.mul(tf.sub(logSumExp, own), weights!), logSumExp];
  },
  backward(dy, { labels, weights, logSumExp, ...tensors }, attributes, gradientsOf) {
    const summands = summandsOf(tensors as Summands, attributes);
    const share = tf.expandDims(tf.mul(dy, weights!), 1);
    const sums: Record<string, tf.Tensor> = {};
    const rows: Record<string, tf.Tensor[]> = {};
    for (const { from, size } of chunks(attributes)) {
      const parts = tf.tidy(() => {
        const probabilities = tf.exp(tf.sub(logitsOf(summands, from, size), tf.expandDims(logSumExp!, 1)));
        const errors = tf.mul(tf.sub(probabilities, isLabel(labels!, from, size)), share);
        return summands.map(({ x, rows }, i) =>
          gradientsOfProduct(errors, x, rows(from, size), {
            x: gradientsOf.includes(`x${i}`),
            weight: gradientsOf.includes(`weight${i}`),
          }),
        );
      });
      parts.forEach(({ x, weight }, i) => {
        if (weight) rows[`weight${i}`] = [...(rows[`weight${i}`] ?? []), weight];
        if (!x) return;
        const before = sums[`x${i}`];
        sums[`x${i}`] = before ? tf.add(before, x) : x;
        if (before) tf.dispose([before, x]);
      });
    }
    for (const [name, parts] of Object.entries(rows)) {
      sums[name] = parts.length > 1 ? tf.concat(parts, 0) : parts[0]!;
      if (parts.length > 1) tf.dispose(parts);
    }
    return sums;
  },
});

interface Summand {
  /** [N, in] */
  x: tf.Tensor;
  /** Rows of a matrix [V, in], [size, in]. */
  rows(from: number, size: number): tf.Tensor;
}

function summandsOf(tensors: Summands, { summands, vocabulary, blocks }: Attributes): Summand[] {
  return Array.from({ length: summands }, (_, i) => {
    const [x, weight] = [tensors[`x${i}`]!, tensors[`weight${i}`]];
    if (weight) return { x, rows: (from, size) => tf.slice(weight, [from, 0], [size, -1]) };
    const pieces = Object.keys(tensors).filter((name) => name.startsWith('pieces'));
    const { type, width } = blocks!;
    const head = {
      type,
      shape: [vocabulary, width],
      pieces: pieces.map((_, piece) => tensors[`pieces${piece}`]!),
    };
    return { x, rows: (from, size) => rowsOf(head, from, size) };
  });
}

/** Rows of a quantised matrix, widened. */
function rowsOf(head: Quantised, from: number, size: number): tf.Tensor {
  let first = 0;
  const parts = head.pieces.flatMap((words) => {
    const [begin, end] = [Math.max(from, first) - first, Math.min(from + size - first, words.shape[0]!)];
    first += words.shape[0]!;
    return end > begin ? [widenedRows(head, words, begin, end - begin)] : [];
  });
  return parts.length > 1 ? tf.concat(parts, 0) : parts[0]!;
}

const chunks = ({ vocabulary, columns }: Attributes): { from: number; size: number }[] =>
  Array.from({ length: Math.ceil(vocabulary / columns) }, (_, chunk) => ({
    from: chunk * columns,
    size: Math.min(columns, vocabulary - chunk * columns),
  }));

const logitsOf = (summands: readonly Summand[], from: number, size: number): tf.Tensor =>
  summands
    .map(({ x, rows }) => linearOp({ x, weight: rows(from, size) }, {}, {}))
    .reduce((sum, next) => tf.add(sum, next));

/** 1 where a column of a chunk is the label of its row, [N, size]. */
const isLabel = (labels: tf.Tensor, from: number, size: number): tf.Tensor =>
  tf.cast(tf.equal(tf.expandDims(labels, 1), tf.range(from, from + size, 1, 'int32')), 'float32');

function gradientsOfProduct(
  dy: tf.Tensor,
  x: tf.Tensor,
  weight: tf.Tensor,
  wanted: Record<'x' | 'weight', boolean>,
): { x?: tf.Tensor | undefined; weight?: tf.Tensor | undefined } {
  const gradientsOf = (['x', 'weight'] as const).filter((name) => wanted[name]);
  const kernel = `${linearOp.kernelName}Grad`;
  if (gradientsOf.length > 0 && tf.getKernel(kernel, tf.getBackend())) {
    const gradients = runKernel(kernel, { x, weight, dy }, { gradientsOf });
    return Object.fromEntries(gradientsOf.map((name, i) => [name, gradients[i]!]));
  }
  return {
    x: wanted.x ? tf.matMul(dy as tf.Tensor2D, weight as tf.Tensor2D) : undefined,
    weight: wanted.weight ? tf.matMul(dy as tf.Tensor2D, x as tf.Tensor2D, true) : undefined,
  };
}

/** Fewer logits than these are made at once. */
const fewLogits = 2 ** 22;

/** Logits of a chunk. */
const chunkLogits = 2 ** 20;

/**
 * `tokenCrossEntropy` of `linear(x, head)`, whose logits are never there as a whole where they are many.
 *
 * @param x [N, in]
 * @param head [V, in]; a quantised one has no gradient
 * @param labels int32 [N], in 0 … V − 1
 * @param weights [N]; 0 leaves a token out
 * @returns [N]
 * @throws ShapeError when they do not fit together
 */
export function headCrossEntropy(
  x: tf.Tensor,
  head: Pick<Projection, 'weight' | 'adapters'>,
  labels: tf.Tensor,
  weights: tf.Tensor,
): tf.Tensor {
  const { weight, adapters = [] } = head;
  const count = labels.size;
  require(x.rank === 2 &&
    x.shape[0] === count &&
    weights.size === count &&
    x.shape[1] === weight.shape[1], ShapeError, () => ({
    wrong: `Cross-entropy of a head [${weight.shape}] got activations [${x.shape}], labels [${labels.shape}] and weights [${weights.shape}].`,
    expected: 'activations [N, in], a head [V, in], labels [N] and weights [N].',
    remedy: 'flatten batch and sequence into one axis.',
  }));
  const vocabulary = weight.shape[0]!;
  if (count * vocabulary <= fewLogits) return tokenCrossEntropy(linear(x, head), labels, weights);
  const own: Summands = isQuantised(weight)
    ? Object.fromEntries(weight.pieces.map((words, piece) => [`pieces${piece}`, words]))
    : { weight0: weight };
  const frozen = adapters.length > 0 || isQuantised(weight);
  const inputs: Summands = { x0: x, ...(!frozen && own) };
  adapters.forEach(({ down, up, scale }, i) => {
    inputs[`x${i + 1}`] = tf.mul(linearOp({ x, weight: down }, {}, {}), scale);
    inputs[`weight${i + 1}`] = up;
  });
  return headCrossEntropyOp(
    inputs,
    { labels, weights, ...(frozen && own) },
    {
      summands: 1 + adapters.length,
      vocabulary,
      columns: Math.max(1, Math.floor(chunkLogits / count)),
      ...(isQuantised(weight) && { blocks: { type: weight.type, width: weight.shape[1]! } }),
    },
  );
}
