/** What a model is known by: its configuration and a sample of every weight, whatever the dtype and backend it runs in. */
import { CheckpointError, require } from '@famjs/backends';
import type { HeldWeights } from '@famjs/layer';
import { isQuantised, type Weight, widenedRows } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import { isLora } from './adapters/lora.ts';
import type { ModelConfig } from './config.ts';
import { sha256 } from './digest.ts';
import type { Values } from './formats/values.ts';

/** How many numbers count at either end of a weight. */
export const sampled = 256;

/** A weight's shape and its first and last numbers in float32, before any quantising. */
export interface Sample {
  shape: readonly number[];
  ends: readonly Float32Array[];
}

export type WeightSamples = Readonly<Record<string, Sample>>;

/** The sample of a weight as it is loaded. */
export function sampleOf({ shape, values }: Values): Sample {
  const ends = [values.slice(0, sampled), values.slice(-sampled)].map((end) => Float32Array.from(end));
  return { shape, ends };
}

/** Samples of weights on a backend; of quantised ones, of what their blocks say. */
export async function samplesOfTensors(weights: HeldWeights): Promise<WeightSamples> {
  const samples = Object.entries(weights).map(async ([name, weight]): Promise<[string, Sample]> => {
    const [first, last] = tf.tidy(() => endsOf(weight));
    try {
      return [name, { shape: weight.shape, ends: [await first.data(), await last.data()] as Float32Array[] }];
    } finally {
      tf.dispose([first, last]);
    }
  });
  return Object.fromEntries(await Promise.all(samples));
}

/** A model without what may be added to it, as memories name it. */
export interface Base {
  /** What it was called. */
  name: string;
  /** SHA-256 of its architecture and of samples of its weights, without FAM and adapters. */
  fingerprint: string;
  /** Where it is to be had, in words for who loads a memory of it: owner/name of the Hub, say. */
  from?: string | undefined;
}

export async function baseOf(config: ModelConfig, samples: WeightSamples, name: string): Promise<Base> {
  const { fam: _fam, adapters: _adapters, ...architecture } = config;
  const own = Object.entries(samples).filter(([weight]) => !weight.startsWith('fam.') && !isLora(weight));
  return { name, fingerprint: await fingerprintOf(architecture, Object.fromEntries(own)) };
}

/** @throws CheckpointError when a memory was made for another model than this, naming both */
export function requireBase(memory: { place: string; base: Base }, base: Base): void {
  const called = ({ name, fingerprint }: Base) => `"${name}" (${fingerprint.slice(0, 12)})`;
  require(memory.base.fingerprint === base.fingerprint, CheckpointError, () => ({
    wrong: `The memory ${memory.place} is one of ${called(memory.base)}, and this model is ${called(base)}.`,
    expected: 'the base model over which the memory was trained.',
    remedy: remedyOf(memory.base),
  }));
}

/** What to do where a memory is not one of the model that it was loaded with. */
export const remedyOf = ({ name, from }: Base): string =>
  `load ${name}${from ? ` (${from})` : ''} with it, or train a memory for this model.`;

/** The first and the last numbers of a weight. */
function endsOf(weight: Weight): [tf.Tensor, tf.Tensor] {
  const count = Math.min(sampled, tf.util.sizeFromShape(weight.shape));
  const flat = (part: tf.Tensor) => tf.reshape(part, [-1]);
  const last = (numbers: tf.Tensor) => tf.slice(numbers, numbers.size - count, count);
  if (!isQuantised(weight)) return [tf.slice(flat(weight), 0, count), last(flat(weight))];
  const [begin, end] = [weight.pieces[0]!, weight.pieces.at(-1)!];
  const rows = (words: tf.Tensor) => Math.min(words.shape[0]!, Math.ceil(count / weight.shape[1]!));
  const tail = widenedRows(weight, end, end.shape[0]! - rows(end), rows(end));
  return [tf.slice(flat(widenedRows(weight, begin, 0, rows(begin))), 0, count), last(flat(tail))];
}

/** SHA-256 of the configuration and of every weight's name, shape and sample, in the order of names. */
export function fingerprintOf(config: object, samples: WeightSamples): Promise<string> {
  const parts: Uint8Array[] = [text(JSON.stringify(config, inOrder))];
  for (const name of Object.keys(samples).sort()) {
    const { shape, ends } = samples[name]!;
    parts.push(text(`\n${name} [${shape}]\n`));
    for (const end of ends) parts.push(new Uint8Array(end.buffer, end.byteOffset, end.byteLength));
  }
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return sha256(all);
}

const text = (content: string) => new TextEncoder().encode(content);

/** Keys of objects in order, so that equal configurations are written equally. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
