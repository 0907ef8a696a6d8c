/** Which weights a model has, by Hugging Face names and shapes, and the check that a set of them is whole and sound. */
import { CheckpointError, NonFiniteError, require } from '@famjs/backends';
import { loraShapes, mapOf } from './adapters/lora.ts';
import type { ModelConfig } from './config.ts';
import { familyOf } from './families/families.ts';
import { type NamedValues, wordsOf } from './formats/values.ts';

/** The shape of every weight by name, in the order in which a forward pass meets them. */
export function weightShapes(config: ModelConfig): Record<string, number[]> {
  const { names, shapes } = familyOf(config);
  const { vocabularySize: V, width: d, tiedEmbeddings } = config;
  return {
    ...famShapes(config),
    [names.embedding]: [V, d],
    ...shapes(config),
    ...(tiedEmbeddings ? {} : { [names.head]: [V, d] }),
    ...loraShapes(config.adapters, linearMaps(config)),
  };
}

/** The shape [out, in] of every linear map by name, the head included, tied or not. */
export function linearMaps(config: ModelConfig): Record<string, number[]> {
  const { names, shapes } = familyOf(config);
  const { vocabularySize: V, width: d } = config;
  const all = Object.entries({ ...shapes(config), [names.head]: [V, d] });
  return Object.fromEntries(
    all.filter(([, shape]) => shape.length === 2).map(([name, shape]) => [mapOf(name), shape]),
  );
}

/** What FAM adds: a prompt, or a prefix for each layer. */
function famShapes({ fam, layers, width }: ModelConfig): Record<string, number[]> {
  if (fam.famLength === 0) return {};
  const shape = [fam.famLength, width];
  if (fam.variant.initial === 'prompt') return { 'fam.prompt': shape };
  return Object.fromEntries(Array.from({ length: layers }, (_, l) => [`fam.prefix.${l}`, shape]));
}

/**
 * Whether Hugging Face files may hold this weight although the configuration says all about it: the rotary frequencies
 * and causal masks that old ones carry, and an output projection that is the embedding.
 */
export function isRedundantWeight(name: string, config: ModelConfig): boolean {
  const isTiedHead = config.tiedEmbeddings && name === familyOf(config).names.head;
  return /\.rotary_emb\.inv_freq$|\.attention\.(masked_)?bias$/.test(name) || isTiedHead;
}

/**
 * @throws CheckpointError naming the weights that are missing, unexpected, of another shape or integers
 * @throws NonFiniteError naming the first weight that holds NaN or infinity, and where
 */
export function requireWeights(weights: NamedValues, config: ModelConfig): void {
  requireShapes(weights, config);
  for (const [name, { values }] of Object.entries(weights)) {
    require(values instanceof Float32Array, CheckpointError, () => ({
      wrong: `"${name}" holds integers.`,
      expected: 'floating-point weights.',
      remedy: 'fetch the weights unquantised, in float32, float16 or bfloat16.',
    }));
    requireFinite(name, values);
  }
}

/** @throws CheckpointError naming the weights that are missing, unexpected or of another shape */
export function requireShapes(
  weights: Readonly<Record<string, { shape: readonly number[] }>>,
  config: ModelConfig,
): void {
  requireSame(
    weights,
    weightShapes(config),
    'use the config.json and fam.json that belong to these weights.',
  );
}

/**
 * @param remedy what to do when they are others
 * @param where words that say where they lie
 * @throws CheckpointError naming the weights that are missing, unexpected or of another shape
 */
export function requireSame(
  weights: Readonly<Record<string, { shape: readonly number[] }>>,
  shapes: Readonly<Record<string, readonly number[]>>,
  remedy: string,
  where = '',
): void {
  const missing = Object.keys(shapes).filter((name) => !Object.hasOwn(weights, name));
  const unexpected = Object.keys(weights).filter((name) => !Object.hasOwn(shapes, name));
  require(missing.length + unexpected.length === 0, CheckpointError, () => ({
    wrong: [...listed(`Missing${where}`, missing), ...listed(`Unexpected${where}`, unexpected)].join(' '),
    expected: 'the weights that the configuration describes, and no others.',
    remedy,
  }));
  for (const [name, { shape }] of Object.entries(weights)) {
    require(`${shape}` === `${shapes[name]}`, CheckpointError, () => ({
      wrong: `"${name}"${where} has the shape [${shape}].`,
      expected: `[${shapes[name]}] as the configuration says.`,
      remedy,
    }));
  }
}

/**
 * @param every only the first of so many numbers is looked at, where it tells of the others
 * @throws NonFiniteError when a number is NaN or infinity, and where
 */
export function requireFinite(name: string, values: Float32Array, every = 1, first = 0): void {
  const words = wordsOf(values);
  let largest = 0;
  for (let i = 0; i < words.length; i += every) largest = Math.max(largest, words[i]! & allOfExponent);
  require(largest < allOfExponent, NonFiniteError, () => {
    const index = values.findIndex((value) => !Number.isFinite(value));
    return {
      wrong: `Number ${first + index} of "${name}" is ${values[index]}.`,
      expected: 'finite numbers in every weight.',
      remedy: 'go back to weights from before training diverged, or fetch them again.',
    };
  });
}

/** The bits of a float32's exponent, all of which only NaN and infinities have. */
const allOfExponent = 0x7f800000;

function listed(title: string, names: string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return [`${title}: ${names.slice(0, 3).join(', ')}${more}.`];
}
