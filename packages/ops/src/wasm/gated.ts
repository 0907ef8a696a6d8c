/** Gated linear units on wasm, with vectorized exponentials. */
import * as tf from '@tensorflow/tfjs-core';
import type { GateActivation } from '../gated.ts';
import type { GradientsOf, Host } from './module.ts';

type Inputs = { gate: tf.TensorInfo; up: tf.TensorInfo };
type Attributes = { activation: GateActivation };

/** As the module numbers them. */
const numbers: Record<GateActivation, number> = { silu: 0, gelu: 1, 'gelu-tanh': 2 };

export function gated(host: Host, { gate, up }: Inputs, { activation }: Attributes): tf.TensorInfo[] {
  const y = host.output(gate.shape);
  const addresses = [host.address(gate), host.address(up), y.address];
  host.run.gated(...addresses, tf.util.sizeFromShape(gate.shape), numbers[activation]);
  return [y.info];
}

export function gatedGradient(
  host: Host,
  { gate, up, dy }: Inputs & { dy: tf.TensorInfo },
  { activation, gradientsOf }: Attributes & GradientsOf<'gate' | 'up'>,
): tf.TensorInfo[] {
  const gradients = { gate: host.output(gate.shape), up: host.output(up.shape) };
  host.run.gatedGradient(
    ...[host.address(dy), host.address(gate), host.address(up)],
    ...[gradients.gate.address, gradients.up.address],
    ...[tf.util.sizeFromShape(gate.shape), numbers[activation]],
  );
  return gradientsOf.map((name) => gradients[name].info);
}
