/** Cross-entropy of tokens on wasm: no tensor as large as the logits but their gradient. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Host } from './module.ts';

type Inputs = Record<'logits' | 'labels' | 'weights', tf.TensorInfo>;

export function crossEntropy(host: Host, { logits, labels, weights }: Inputs): tf.TensorInfo[] {
  const [rows, vocabulary] = logits.shape as [number, number];
  const losses = host.output([rows]);
  const logSumExp = host.output([rows]);
  const addresses = [logits, labels, weights].map(host.address);
  host.run.crossEntropy(...addresses, losses.address, logSumExp.address, rows, vocabulary);
  return [losses.info, logSumExp.info];
}

export function crossEntropyGradient(
  host: Host,
  { logits, labels, weights, logSumExp, dy }: Inputs & Record<'logSumExp' | 'dy', tf.TensorInfo>,
): tf.TensorInfo[] {
  const [rows, vocabulary] = logits.shape as [number, number];
  const gradient = host.output([rows, vocabulary]);
  const addresses = [dy, logits, labels, weights, logSumExp].map(host.address);
  host.run.crossEntropyGradient(...addresses, gradient.address, rows, vocabulary);
  return [gradient.info];
}
