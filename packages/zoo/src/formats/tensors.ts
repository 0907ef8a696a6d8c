/** Tensors of a backend from and to safetensors: the one way in which weights, states and optimizers are stored. */
import { tidied } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { decodeTensors, encodeValues, mapValues, type NamedValues, type Values } from './values.ts';

/**
 * Makes a float32 or int32 tensor of each; none is left behind when one fails.
 *
 * @returns tensors of the current backend, in the caller's hands
 */
export function uploadValues(named: NamedValues): Record<string, tf.Tensor> {
  return tidied(() => mapValues(named, ({ values, shape }) => tf.tensor(values, [...shape])));
}

/** The numbers of float32 and int32 tensors. */
export async function downloadValues(tensors: Readonly<Record<string, tf.Tensor>>): Promise<NamedValues> {
  const reads = Object.entries(tensors).map(async ([name, tensor]): Promise<[string, Values]> => {
    return [name, { shape: tensor.shape, values: await tensor.data<'float32' | 'int32'>() }];
  });
  return Object.fromEntries(await Promise.all(reads));
}

/** The safetensors file of float32 and int32 tensors. */
export async function packTensors(
  tensors: Readonly<Record<string, tf.Tensor>>,
  metadata?: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  return writeSafetensors(encodeValues(await downloadValues(tensors)), metadata);
}

/**
 * The tensors of a safetensors file, in the caller's hands, and its metadata.
 *
 * @param source what the errors call the file
 * @throws CheckpointError when the file is damaged or holds dtypes that have no float32 or int32 form
 */
export function unpackTensors(
  bytes: Uint8Array,
  source?: string,
): { tensors: Record<string, tf.Tensor>; metadata: Readonly<Record<string, string>> } {
  const { tensors, metadata } = readSafetensors(bytes, source);
  return { tensors: uploadValues(decodeTensors(tensors)), metadata };
}
