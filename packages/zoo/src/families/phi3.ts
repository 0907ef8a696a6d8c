/** Phi-3 (Abdin et al., 2024; Phi-4-mini): a Llama whose projections lie in one matrix each, and whose heads may turn in part. */
import { ConfigError, require } from '@famjs/backends';
import { type Weight, withRows } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import * as z from 'zod';
import { rowsByOutput } from '../adapters/lora.ts';
import { parsed } from '../parsed.ts';
import {
  architectureOf,
  type DecoderNumbers,
  requireHeads,
  siluKeys,
  sizesOf,
  writtenDecoder,
} from './decoder-config.ts';
import type { Family } from './family.ts';
import { at, gatedDecoder } from './gated-decoder.ts';
import { halvesApart, type PartialHeads, requireTurning, stillPairs } from './partial-rotary.ts';
import { frequenciesOf, ropeOf, turningShareOf } from './rope.ts';

/** What a Phi-3 has beside what every model has. */
export interface Phi3Numbers extends DecoderNumbers, PartialHeads {
  modelType: 'phi3';
  /** Tokens that a token sees, itself included; undefined where it sees all. */
  window?: number;
}

const schema = z.looseObject({
  ...siluKeys,
  model_type: z.literal('phi3'),
  sliding_window: z.int().min(1).nullish(),
});

const decoder = gatedDecoder<Phi3Numbers>({
  facts: (own) => ({
    scale: 1 / Math.sqrt(own.headWidth),
    frequencies: [...frequenciesOf(own, own.rotaryWidth), ...stillPairs(own)],
    window: own.window,
  }),
  joinedMaps: true,
});

/** Rows of queries, keys and values in the projection that holds all three. */
const rowsOf = ({ heads, keyValueHeads, headWidth }: Phi3Numbers) =>
  ({ q: heads * headWidth, k: keyValueHeads * headWidth, v: keyValueHeads * headWidth }) as const;

export const phi3: Family<Phi3Numbers> = {
  ...decoder,
  modelType: 'phi3',

  read(configJson) {
    const json = parsed(schema, configJson, 'config.json', ConfigError, 'a Phi-3 from Hugging Face.');
    const sizes = sizesOf(json);
    const family: Phi3Numbers = {
      modelType: 'phi3',
      ...{ ...sizes, ...ropeOf(json) },
      rotaryWidth: Math.trunc(sizes.headWidth * (turningShareOf(json) ?? 1)),
      ...(json.sliding_window && { window: json.sliding_window }),
    };
    requireHeads(family);
    requireTurning(family, 'partial_rotary_factor');
    require(!family.scaling, ConfigError, () => ({
      wrong: `config.json has positions of the type "${family.scaling!.type}".`,
      expected: 'those of pretraining, for transformers knows no others of Phi-3 but longrope.',
      remedy: 'use a Phi-3 of the context that it was pretrained on.',
    }));
    return { ...architectureOf(json, { normEpsilon: 1e-5 }), family };
  },

  write: (config) => ({
    architectures: ['Phi3ForCausalLM'],
    model_type: 'phi3',
    hidden_act: 'silu',
    ...writtenDecoder(config),
    partial_rotary_factor: config.family.rotaryWidth / config.family.headWidth,
    sliding_window: config.family.window ?? null,
    pad_token_id: null, // transformers takes 32,000 otherwise, which not every vocabulary has.
  }),

  shapes(config) {
    const { q, k, v } = rowsOf(config.family);
    const { intermediateWidth: I } = config.family;
    const fused = Object.entries(decoder.shapes(config)).flatMap(([name, shape]): [string, number[]][] => {
      if (/\.([kv]|up)_proj\./.test(name)) return [];
      if (name.includes('.q_proj.')) return [[name.replace('q_proj', 'qkv_proj'), [q + k + v, config.width]]];
      if (name.includes('.gate_proj.'))
        return [[name.replace('gate_proj', 'gate_up_proj'), [2 * I, config.width]]];
      return [[name, shape]];
    });
    return Object.fromEntries(fused);
  },

  /** Where heads turn in part, the rows of queries and keys move, so that the pairs that turn stand D/2 apart. */
  joined(weights, { family, layers, adapters }) {
    if (family.rotaryWidth === family.headWidth) return weights;
    const joined: Record<string, Weight> = { ...weights };
    const { q, k, v } = rowsOf(family);
    for (let index = 0; index < layers; index++) {
      for (const name of rowsByOutput(at(index, 'self_attn.qkv_proj'), adapters)) {
        joined[name] = withRows(weights[name]!, (rows) => {
          const part = (from: number, count: number) => tf.slice(rows, [from, 0], [count, -1]);
          const apart = (rows: tf.Tensor, heads: number) =>
            halvesApart(tf.reshape(rows, [heads, family.headWidth, -1]), family);
          const moved = [apart(part(0, q), family.heads), apart(part(q, k), family.keyValueHeads)];
          return tf.concat([...moved, part(q + k, v)], 0);
        });
      }
    }
    return joined;
  },
};
