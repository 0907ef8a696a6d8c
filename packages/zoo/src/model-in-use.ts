/** A model in use: its numbers, its tokenizer, and the sessions that share them. */
import { DisposedError, require, tidied } from '@famjs/backends';
import type { HeldWeights, Stack } from '@famjs/layer';
import { sharedWeight } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import { withDispose } from './disposal.ts';
import { baseOf, fingerprintOf, samplesOfTensors, type WeightSamples } from './fingerprint.ts';
import { mapValues } from './formats/values.ts';
import { endTokensOf } from './generation.ts';
import type { LanguageModel } from './language-model.ts';
import { type HeldModel, joinWeights, stackOver } from './model.ts';
import {
  type ReaderOptions,
  requireReaderOptions,
  requireSessionOptions,
  type SessionOptions,
} from './sessions/options.ts';
import { rowsOf, startPlace } from './sessions/place.ts';
import { type Reader, usualScan } from './sessions/reading.ts';
import { openSession } from './sessions/session.ts';
import { unpackPlace } from './sessions/session-file.ts';
import type { Tokenizer } from './tokenizers/tokenizer.ts';

/**
 * A model whose weights are in memory, such as one in training. The weights stay the caller's: `dispose()` frees what
 * sessions share beside them.
 */
export function languageModel<Vocabulary extends Tokenizer | undefined = undefined>(
  model: HeldModel & { tokenizer?: Vocabulary; endTokens?: readonly number[]; name?: string },
): LanguageModel<Vocabulary> {
  const { config, weights, tokenizer, name = 'a model in memory' } = model;
  const { endTokens = endTokensOf({ tokenizer }) } = model;
  const speech = { tokenizer: tokenizer as Vocabulary, endTokens };
  const samples = () => samplesOfTensors(weights);
  return modelInUse({ config, weights }, speech, { name, untrained: false }, samples, () => {});
}

/** How a model's tokens are text. */
interface Speech<Vocabulary> {
  tokenizer: Vocabulary;
  endTokens: readonly number[];
}

/** A model that owns its weights. */
export function loadedModel<Vocabulary extends Tokenizer | undefined>(
  { config, weights, ...speech }: HeldModel & Speech<Vocabulary>,
  name: string,
  samples: WeightSamples,
  untrained: boolean,
): LanguageModel<Vocabulary> {
  const free = () => tf.dispose(Object.values(weights));
  return modelInUse({ config, weights }, speech, { name, untrained }, async () => samples, free);
}

function modelInUse<Vocabulary extends Tokenizer | undefined>(
  model: HeldModel,
  speech: Speech<Vocabulary>,
  about: { name: string; untrained: boolean },
  samples: () => Promise<WeightSamples>,
  free: () => void,
): LanguageModel<Vocabulary> {
  let joined: HeldWeights | undefined;
  let layers: Stack | undefined;
  let print: Promise<string> | undefined;
  let disposed = false;

  const requireLasting = () =>
    require(!disposed, DisposedError, () => ({
      wrong: `The model ${about.name} was disposed of.`,
      expected: 'a model that is still there.',
      remedy: 'dispose of a model after its sessions, or load it again.',
    }));
  const stack = () => {
    requireLasting();
    joined ??= keptWeights(model);
    layers ??= stackOver(model.config, joined);
    return layers;
  };
  const readerOf = ({
    schedule = 'scan',
    blocksPerScan = usualScan(model.config.fam.blockSize),
  }: ReaderOptions): Reader => ({
    model,
    stack,
    schedule,
    blocksPerScan,
  });

  const inUse: LanguageModel<Vocabulary> = withDispose<LanguageModel<Vocabulary>>({
    ...model,
    ...speech,
    ...about,
    session(options: SessionOptions = {}) {
      requireSessionOptions(options);
      const { rows = 1, origin = 0 } = options;
      return openSession(inUse, readerOf(options), rows, startPlace(stack(), rows, origin));
    },
    async restore(bytes: Uint8Array, options: ReaderOptions = {}) {
      requireReaderOptions(options);
      requireLasting();
      const place = await unpackPlace(bytes, inUse);
      return openSession(inUse, readerOf(options), rowsOf(place), place);
    },
    async fingerprint() {
      requireLasting();
      print ??= samples().then((taken) => fingerprintOf(model.config, taken));
      return print;
    },
    async base() {
      requireLasting();
      return baseOf(model.config, await samples(), about.name);
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      tf.dispose(Object.values(joined ?? {}));
      free();
    },
  });
  return inUse;
}

/** The joined weights with handles of their own on their tensors, so that they and the weights end independently. */
export const keptWeights = (model: HeldModel): HeldWeights =>
  tidied(() => mapValues(joinWeights(model), sharedWeight));
