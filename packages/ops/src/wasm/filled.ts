/** Writing a tensor's numbers into the memory of the wasm backend itself. */
import * as tf from '@tensorflow/tfjs-core';
import type { FillAttributes } from '../filled.ts';
import type { Host } from './module.ts';

export function filled(host: Host, _: object, { shape, fill }: FillAttributes): tf.TensorInfo {
  const { info, address } = host.output(shape);
  fill(host.numbers(address, tf.util.sizeFromShape(shape)));
  return info;
}
