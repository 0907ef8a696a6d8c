/** Cross-entropy of weighted tokens and its gradient. Tokens of weight 0 cost nothing, whatever their logits are. */
import { exp, log } from './exponential';
import { maxOf, single, storeSingle, sumOf, wholeVectors } from './lanes';

/** losses [rows] = weight · (log Σ exp logits − logit of the label), and logSumExp [rows]. */
export function crossEntropy(
  logits: usize,
  labels: usize,
  weights: usize,
  losses: usize,
  logSumExp: usize,
  rows: i32,
  vocabulary: i32,
): void {
  const bytes = (<usize>vocabulary) << 2;
  for (let row = 0; row < rows; row++) {
    const at = (<usize>row) << 2;
    const weight = load<f32>(weights + at);
    const label = load<u32>(labels + at);
    let loss: f64 = 0;
    let total: f64 = 0;
    if (weight !== 0) {
      const highest = largest(logits, bytes);
      const above = log(sumOfExp(logits, bytes, highest));
      total = <f64>highest + above;
      loss =
        label < <u32>vocabulary ? <f64>highest - <f64>load<f32>(logits + ((<usize>label) << 2)) + above : NaN;
    }
    store<f32>(losses + at, <f32>(<f64>weight * loss));
    store<f32>(logSumExp + at, <f32>total);
    logits += bytes;
  }
}

function largest(row: usize, bytes: usize): f32 {
  const vectors = wholeVectors(bytes);
  let highest = f32x4.splat(-Infinity);
  let at: usize = 0;
  for (; at < vectors; at += 16) highest = f32x4.max(highest, v128.load(row + at));
  for (; at < bytes; at += 4) highest = f32x4.max(highest, single(row + at));
  return maxOf(highest);
}

/** Σ exp(value − highest). */
function sumOfExp(row: usize, bytes: usize, highest: f32): f32 {
  const vectors = wholeVectors(bytes);
  const shift = f32x4.splat(highest);
  let sums = f32x4.splat(0);
  let at: usize = 0;
  for (; at < vectors; at += 16) sums = f32x4.add(sums, exp(f32x4.sub(v128.load(row + at), shift)));
  let sum = sumOf(sums);
  for (; at < bytes; at += 4) sum += f32x4.extract_lane(exp(f32x4.sub(single(row + at), shift)), 0);
  return sum;
}

/** dLogits [rows, vocabulary] = dLoss · weight · (softmax − one-hot label). */
export function crossEntropyGradient(
  dLosses: usize,
  logits: usize,
  labels: usize,
  weights: usize,
  logSumExp: usize,
  dLogits: usize,
  rows: i32,
  vocabulary: i32,
): void {
  const bytes = (<usize>vocabulary) << 2;
  for (let row = 0; row < rows; row++) {
    const at = (<usize>row) << 2;
    const weight = load<f32>(weights + at);
    const label = load<u32>(labels + at);
    if (weight === 0) {
      memory.fill(dLogits, 0, bytes);
    } else {
      const factor = load<f32>(dLosses + at) * weight;
      scaledSoftmax(logits, load<f32>(logSumExp + at), dLogits, bytes, factor);
      const labelled = dLogits + ((<usize>label) << 2);
      if (label < <u32>vocabulary) store<f32>(labelled, load<f32>(labelled) - factor);
    }
    logits += bytes;
    dLogits += bytes;
  }
}

/** y = factor · exp(x − logSumExp). */
function scaledSoftmax(x: usize, logSumExp: f32, y: usize, bytes: usize, factor: f32): void {
  const vectors = wholeVectors(bytes);
  const shift = f32x4.splat(logSumExp);
  const scale = f32x4.splat(factor);
  let at: usize = 0;
  for (; at < vectors; at += 16) {
    v128.store(y + at, f32x4.mul(exp(f32x4.sub(v128.load(x + at), shift)), scale));
  }
  for (; at < bytes; at += 4) storeSingle(y + at, f32x4.mul(exp(f32x4.sub(single(x + at), shift)), scale));
}
