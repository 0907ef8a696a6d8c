/**
 * Tensors and notes in one safetensors file with a digest of both. Nothing of it is taken on trust: the digest, then what the
 * caller knows of the notes and the shapes, all before a tensor is made.
 */
import { CheckpointError, require } from '@famjs/backends';
import type * as tf from '@tensorflow/tfjs-core';
import { sha256 } from '../digest.ts';
import {
  type RawTensor,
  type RawTensors,
  readSafetensors,
  type Safetensors,
  writeSafetensors,
} from './safetensors.ts';
import { downloadValues } from './tensors.ts';
import { decodeTensors, encodeValues, type NamedValues } from './values.ts';

/** What a tensor of a file must be. */
export interface Expected {
  shape: readonly number[];
  /** float32 unless given. */
  dtype?: 'float32' | 'int32';
}

/**
 * @param kind the key of the notes, which tells kinds of files apart
 * @param notes plain JSON
 */
export const sealTensors = async (
  kind: string,
  notes: object,
  tensors: Readonly<Record<string, tf.Tensor>>,
): Promise<Uint8Array> => sealValues(kind, notes, await downloadValues(tensors));

/** The same of numbers in memory. */
export async function sealValues(kind: string, notes: object, values: NamedValues): Promise<Uint8Array> {
  const raw = encodeValues(values);
  const text = JSON.stringify(notes);
  return writeSafetensors(raw, { [kind]: text, digest: await digestOf(text, raw) });
}

/**
 * Notes and numbers of `sealTensors`, whole and as they were written.
 *
 * @param source what the errors call the file
 * @throws CheckpointError when the file is damaged or of another kind
 */
export async function openSealed(
  bytes: Uint8Array,
  kind: string,
  source: string,
): Promise<{ notes: unknown; values: NamedValues }> {
  const { tensors, metadata } = readable(bytes, kind, source);
  const { [kind]: text, digest } = metadata;
  require(text !== undefined && digest === (await digestOf(text, tensors)), CheckpointError, () => ({
    wrong:
      text === undefined
        ? `${source} is no ${kind} file.`
        : `${source} is damaged: its content does not have its digest.`,
    expected: `a ${kind} file as it was saved.`,
    remedy: 'save it again, or fetch it again.',
  }));
  return { notes: JSON.parse(text!), values: decodeTensors(tensors) };
}

/** @throws CheckpointError when it is no safetensors file at all, in words for who does not know that it should be one */
function readable(bytes: Uint8Array, kind: string, source: string): Safetensors {
  try {
    return readSafetensors(bytes, 'it');
  } catch (cause) {
    if (!(cause instanceof CheckpointError)) throw cause;
    const complaint = {
      wrong: `${source} is no ${kind} file, or is damaged. ${cause.complaint.wrong}`,
      expected: `a ${kind} file as it was saved.`,
      remedy: 'name the right file, save it again, or fetch it again.',
    };
    throw new CheckpointError(complaint, { cause });
  }
}

/** @throws CheckpointError unless there are exactly the tensors that are expected, of their shapes and types, and finite */
export function requireTensors(
  values: NamedValues,
  expected: Readonly<Record<string, Expected>>,
  source: string,
): void {
  const dtypeOf = (numbers: Float32Array | Int32Array) =>
    numbers instanceof Float32Array ? 'float32' : 'int32';
  const described = (name: string): string | undefined => {
    const held = values[name];
    return held && `${dtypeOf(held.values)} [${held.shape}]`;
  };
  const wanted = ({ shape, dtype = 'float32' }: Expected) => `${dtype} [${shape}]`;
  const odd = [...new Set([...Object.keys(expected), ...Object.keys(values)])].filter(
    (name) => !expected[name] || described(name) !== wanted(expected[name]),
  );
  require(odd.length === 0, CheckpointError, () => ({
    wrong: `${source} does not fit: ${odd.map((name) => `"${name}" is ${described(name) ?? 'missing'}`).join(', ')}.`,
    expected: `${odd.map((name) => `"${name}" ${expected[name] ? wanted(expected[name]) : 'not there'}`).join(', ')}.`,
    remedy: 'use the file with the model and the settings that it was saved with.',
  }));
  const broken = Object.keys(values).find((name) => !values[name]!.values.every(Number.isFinite));
  require(broken === undefined, CheckpointError, () => ({
    wrong: `"${broken}" of ${source} holds NaN or infinity.`,
    expected: 'finite numbers.',
    remedy: 'go back to a file from before its numbers diverged.',
  }));
}

/** SHA-256 of the notes and of every tensor's name, dtype, shape and data. */
async function digestOf(notes: string, tensors: RawTensors): Promise<string> {
  const entries = Object.entries(tensors).map(async ([name, { dtype, shape, data }]) => ({
    ...{ name, dtype, shape },
    digest: await sha256(data),
  }));
  return digestOfParts(notes, await Promise.all(entries));
}

/** The same from the SHA-256 of each tensor's data, in hexadecimal. */
export function digestOfParts(
  notes: string,
  tensors: readonly (Pick<RawTensor, 'dtype' | 'shape'> & { name: string; digest: string })[],
): Promise<string> {
  const ordered = [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));
  const parts = [notes, ...ordered.map(({ name, dtype, shape, digest }) => [name, dtype, shape, digest])];
  return sha256(new TextEncoder().encode(JSON.stringify(parts)));
}
