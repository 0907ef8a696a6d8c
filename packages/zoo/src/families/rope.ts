/** Rotary positions as a config.json tells them: their base, and how they were stretched after pretraining. */
import { ConfigError, require } from '@famjs/backends';
import { rotaryFrequencies } from '@famjs/ops';
import * as z from 'zod';

/** How frequencies were changed so that a model reads more than it was pretrained on. */
export type RopeScaling =
  /** All are divided by the factor (Chen et al., 2023). */
  | { type: 'linear'; factor: number }
  /** Up to the trained context they stay, and here they stay beyond it too. */
  | { type: 'dynamic'; factor: number }
  /** Waves longer than the context that pretraining saw are stretched, short ones are not (Llama 3.1). */
  | { type: 'llama3'; factor: number; lowFactor: number; highFactor: number; pretrainedContext: number }
  /** The same by counting turns, and queries and keys grow (Peng et al., 2023). */
  | {
      type: 'yarn';
      factor: number;
      betaFast: number;
      betaSlow: number;
      truncate: boolean;
      attentionFactor: number;
      pretrainedContext: number;
    };

export interface Rope {
  /** Base of the rotary frequencies. */
  theta: number;
  /** Undefined where positions are as they were in pretraining. */
  scaling?: RopeScaling | undefined;
}

const ropeTypes = ['default', 'linear', 'dynamic', 'llama3', 'yarn'] as const;

/** What each type cannot do without. */
const needs: Readonly<Record<string, readonly string[]>> = {
  linear: ['factor'],
  dynamic: ['factor'],
  llama3: ['factor', 'low_freq_factor', 'high_freq_factor'],
};

const whole = z.int().min(1);
const positive = z.number().positive();
const share = z.number().gt(0).max(1);
const theta = z.number().gt(1).nullish();

/** `rope_scaling` of transformers 4, or `rope_parameters` of 5. */
export const ropeSchema = z
  .looseObject({
    rope_type: z.string().nullish(),
    type: z.string().nullish(),
    rope_theta: theta,
    partial_rotary_factor: share.nullish(),
    factor: positive.nullish(),
    low_freq_factor: positive.nullish(),
    high_freq_factor: positive.nullish(),
    beta_fast: positive.nullish(),
    beta_slow: positive.nullish(),
    mscale: z.number().nullish(),
    mscale_all_dim: z.number().nullish(),
    attention_factor: positive.nullish(),
    truncate: z.boolean().nullish(),
    original_max_position_embeddings: whole.nullish(),
  })
  .superRefine((rope, { addIssue }) => {
    const type = typeOf(rope);
    if (!(ropeTypes as readonly string[]).includes(type)) {
      addIssue(
        `positions of the type ${JSON.stringify(type)} are not supported, only ${ropeTypes.join(', ')}`,
      );
    }
    const missing = needs[type]?.filter((name) => rope[name] == null) ?? [];
    if (missing.length > 0) addIssue(`positions of the type "${type}" need ${missing.join(', ')}`);
    if (type === 'llama3' && rope.low_freq_factor! >= rope.high_freq_factor!) {
      addIssue('low_freq_factor is not below high_freq_factor');
    }
  });

type RopeJson = z.output<typeof ropeSchema>;

/** What a config.json says of positions, in the keys of transformers 4 and 5. */
export const ropeKeys = {
  rope_theta: theta,
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
  partial_rotary_factor: share.nullish(),
  max_position_embeddings: whole.nullish(),
  original_max_position_embeddings: whole.nullish(),
};

type RopeKeys = z.output<z.ZodObject<typeof ropeKeys>>;

const typeOf = ({ rope_type, type }: { rope_type?: unknown; type?: unknown }) =>
  (rope_type ?? type ?? 'default') as string;

/** The positions of a config.json, which base 10,000 unless it or `otherwise` says more. */
export function ropeOf(json: RopeKeys, otherwise = 10_000): Rope {
  const rope = json.rope_scaling ?? json.rope_parameters ?? {};
  return ropeFrom(rope, json, json.rope_theta ?? json.rope_parameters?.rope_theta ?? otherwise);
}

/** The positions that one dictionary of a config.json tells, with what stands beside it. */
export function ropeFrom(rope: RopeJson, json: RopeKeys, otherwise: number): Rope {
  const scaling = scalingOf(rope, json);
  return { theta: rope.rope_theta ?? otherwise, ...(scaling && { scaling }) };
}

/** How much of a head turns; undefined where nobody says. */
export const turningShareOf = ({ rope_scaling, rope_parameters, partial_rotary_factor }: RopeKeys) =>
  rope_scaling?.partial_rotary_factor ??
  rope_parameters?.partial_rotary_factor ??
  partial_rotary_factor ??
  undefined;

function scalingOf(rope: RopeJson, json: RopeKeys): RopeScaling | undefined {
  const type = typeOf(rope) as (typeof ropeTypes)[number];
  switch (type) {
    case 'default':
      return undefined;
    case 'linear':
    case 'dynamic':
      return { type, factor: rope.factor! };
    case 'llama3':
      return {
        ...{
          type,
          factor: rope.factor!,
          lowFactor: rope.low_freq_factor!,
          highFactor: rope.high_freq_factor!,
        },
        pretrainedContext: pretrainedContextOf(rope, json),
      };
    case 'yarn': {
      const pretrainedContext = pretrainedContextOf(rope, json);
      const factor = rope.factor ?? (json.max_position_embeddings ?? pretrainedContext) / pretrainedContext;
      return {
        ...{ type, factor, betaFast: rope.beta_fast ?? 32, betaSlow: rope.beta_slow ?? 1 },
        ...{ truncate: rope.truncate ?? true, attentionFactor: attentionFactorOf(rope, factor) },
        pretrainedContext,
      };
    }
    default:
      return type satisfies never;
  }
}

function pretrainedContextOf(rope: RopeJson, json: RopeKeys): number {
  const context =
    json.original_max_position_embeddings ??
    rope.original_max_position_embeddings ??
    json.max_position_embeddings;
  require(context, ConfigError, () => ({
    wrong: `config.json does not say on which context the positions of type ${typeOf(rope)} were pretrained.`,
    expected: 'original_max_position_embeddings, or max_position_embeddings.',
    remedy: 'add it as the model card says.',
  }));
  return context;
}

function attentionFactorOf({ attention_factor, mscale, mscale_all_dim }: RopeJson, factor: number): number {
  const grown = (by = 1) => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  if (attention_factor) return attention_factor;
  return mscale && mscale_all_dim ? grown(mscale) / grown(mscale_all_dim) : grown();
}

/** The keys of transformers 4, which 5 reads too. */
export function writtenRope({ theta, scaling }: Rope): object {
  return { rope_theta: theta, ...(scaling && { rope_scaling: writtenScaling(scaling) }) };
}

/** The content of `rope_scaling`. */
export function writtenScaling(scaling: RopeScaling): object {
  const start = { rope_type: scaling.type, factor: scaling.factor };
  if (scaling.type === 'linear' || scaling.type === 'dynamic') return start;
  const context = { original_max_position_embeddings: scaling.pretrainedContext };
  if (scaling.type === 'llama3') {
    const { lowFactor, highFactor } = scaling;
    return { ...start, ...context, low_freq_factor: lowFactor, high_freq_factor: highFactor };
  }
  const { betaFast, betaSlow, truncate, attentionFactor } = scaling;
  return {
    ...{ ...start, ...context, beta_fast: betaFast, beta_slow: betaSlow },
    ...{ truncate, attention_factor: attentionFactor },
  };
}

/** What every score is multiplied by: the square of the factor by which queries and keys grow. */
export const scoreFactorOf = ({ scaling }: Rope) =>
  scaling?.type === 'yarn' ? scaling.attentionFactor ** 2 : 1;

/**
 * The frequencies of the pairs that turn, in radians a token.
 *
 * @param turning how much of a head turns, even
 */
export function frequenciesOf({ theta, scaling }: Rope, turning: number): number[] {
  const plain = rotaryFrequencies(turning, theta);
  switch (scaling?.type) {
    case undefined:
    case 'dynamic':
      return plain;
    case 'linear':
      return plain.map((frequency) => frequency / scaling.factor);
    case 'llama3':
      return plain.map((frequency) => {
        const { factor, lowFactor, highFactor, pretrainedContext } = scaling;
        const turns = (pretrainedContext * frequency) / (2 * Math.PI);
        const kept = clamped((turns - lowFactor) / (highFactor - lowFactor));
        return frequency * (kept + (1 - kept) / factor);
      });
    case 'yarn': {
      const { factor, betaFast, betaSlow, truncate, pretrainedContext } = scaling;
      /** The pair, as a fraction, that makes so many turns in the context of pretraining. */
      const pairOf = (turns: number) =>
        (turning * Math.log(pretrainedContext / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
      const [first, last] = [pairOf(betaFast), pairOf(betaSlow)];
      const from = Math.max(truncate ? Math.floor(first) : first, 0);
      const to = Math.min(truncate ? Math.ceil(last) : last, turning - 1);
      return plain.map((frequency, pair) => {
        const stretched = clamped((pair - from) / (to - from || 0.001));
        return frequency * (1 - stretched + stretched / factor);
      });
    }
    default:
      return scaling satisfies never;
  }
}

const clamped = (value: number) => Math.min(1, Math.max(0, value));
