/** What a model costs, by its numbers alone: nothing is loaded or allocated. */
import { largestPlace, stateShapes } from '@famjs/layer';
import type { ModelConfig } from './config.ts';
import { familyOf } from './families/families.ts';
import { factsOf } from './model.ts';
import { weightShapes } from './weights.ts';

/** Bytes of a weight in a matrix by the dtypes of files; quantised files hold vectors in float32. */
const matrixBytes = { float32: 4, float16: 2, bfloat16: 2, Q8_0: 34 / 32, Q4_0: 18 / 32 } as const;
const vectorBytes = { float32: 4, float16: 2, bfloat16: 2, Q8_0: 4, Q4_0: 4 } as const;

type StoredDtype = keyof typeof matrixBytes;
export const storedDtypes = Object.keys(matrixBytes) as StoredDtype[];

export interface ModelCosts {
  /** How many numbers all weights have together. */
  parameters: number;
  /** How many of them embed tokens; a tied head is the same. */
  embedding: number;
  /** Bytes of all weights, by dtype. */
  weightBytes: Record<StoredDtype, number>;
  /** Bytes of the state of one text in float32 when it is at its largest. */
  stateBytes: number;
  /** Floating-point operations of one token far into a text: products of matrices, attention, its share in FAM. */
  flops: number;
}

export function costsOf(config: ModelConfig): ModelCosts {
  const shapes = Object.values(weightShapes(config));
  const [vectors, matrices] = [shapes.filter(isVector), shapes.filter((shape) => !isVector(shape))].map(
    total,
  );
  const stack = factsOf(config);
  const state = Object.values(stateShapes(stack, largestPlace(stack), config.width));
  const weightBytes = storedDtypes.map((dtype) => {
    return [dtype, Math.ceil(matrices! * matrixBytes[dtype] + vectors! * vectorBytes[dtype])];
  });
  return {
    parameters: vectors! + matrices!,
    embedding: config.vocabularySize * config.width,
    weightBytes: Object.fromEntries(weightBytes),
    stateBytes: 4 * total(state),
    flops: flopsOf(config, stack),
  };
}

function flopsOf(config: ModelConfig, { blocks }: ReturnType<typeof factsOf>): number {
  const { blockSize: C, memorySegments: m, famLength: F, sinks, variant } = config.fam;
  const inLayers = total(Object.values(familyOf(config).shapes(config)).filter((shape) => !isVector(shape)));
  const head = config.vocabularySize * config.width;
  // A block has rows of its own beside its tokens: FAM's, or what is read and what is written.
  const carriers = variant.carrier === 'tokens' ? 2 * F : F;
  const rows = 1 + carriers / C;
  const seenFam = F * Math.max(variant.visible, variant.maxSummaries);
  const ofAttention = blocks.map(({ attention: { heads, headWidth, valueWidth, window = Infinity } }) => {
    const limit = Math.min(window, variant.window ?? Infinity);
    const keysOfToken = Math.min(limit, m * C + (C + 1) / 2) + seenFam + sinks;
    const keysOfCarriers = (carriers / C) * (seenFam + C);
    return heads * (headWidth + valueWidth) * (keysOfToken + keysOfCarriers);
  });
  return Math.round(2 * (rows * inLayers + head + ofAttention.reduce((sum, each) => sum + each, 0)));
}

const isVector = (shape: readonly number[]) => shape.length === 1;

const total = (shapes: readonly (readonly number[])[]) =>
  shapes.reduce((sum, shape) => sum + shape.reduce((product, size) => product * size, 1), 0);
