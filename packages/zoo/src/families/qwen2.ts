/** Qwen2 (Yang et al., 2024; Qwen2.5): a Llama with biases on queries, keys and values, the upper layers of which may see a window only. */
import { ConfigError } from '@famjs/backends';
import * as z from 'zod';
import { parsed } from '../parsed.ts';
import {
  architectureOf,
  type DecoderNumbers,
  numbersOf,
  siluKeys,
  writtenDecoder,
} from './decoder-config.ts';
import type { Architecture, Family } from './family.ts';
import { attentionMaps, gatedDecoder, wholeHeads } from './gated-decoder.ts';
import { type LocalLayers, layerTypes, localLayersOf, writtenLayerTypes } from './layer-types.ts';

/** The windows of a Qwen. */
export interface QwenWindows {
  /** Tokens that a token of local layers sees, itself included; undefined where there are no local layers. */
  window?: number;
  /** Layer by layer whether it is local; given with a window. */
  local?: LocalLayers;
}

/** What a Qwen2 has beside what every model has. */
export interface Qwen2Numbers extends DecoderNumbers, QwenWindows {
  modelType: 'qwen2';
}

/** The keys of all Qwen. */
export const qwenKeys = {
  ...siluKeys,
  use_sliding_window: z.boolean().default(false),
  sliding_window: z.int().min(1).nullable().default(4096),
  max_window_layers: z.int().min(0).default(28),
  layer_types: layerTypes,
};

const schema = z.looseObject({ ...qwenKeys, model_type: z.literal('qwen2') });

/** @throws ConfigError when the layers that config.json lists are not those that it has */
export function qwenWindowsOf(json: z.output<z.ZodObject<typeof qwenKeys>>): QwenWindows {
  const { use_sliding_window, sliding_window: window, max_window_layers, layer_types } = json;
  if (!use_sliding_window || window === null) return {};
  const local = localLayersOf(layer_types, json.num_hidden_layers, (index) => index >= max_window_layers);
  return local.includes(true) ? { window, local } : {};
}

/** The keys of `qwenWindowsOf` again. */
export function writtenQwenWindows({ window, local }: QwenWindows, { layers }: Architecture): object {
  return {
    use_sliding_window: window !== undefined,
    sliding_window: window ?? null,
    max_window_layers: local ? local.indexOf(true) : layers,
    ...(local && { layer_types: writtenLayerTypes(local) }),
  };
}

/** What attention must know of a layer of a Qwen. */
export const qwenFacts = (own: DecoderNumbers & QwenWindows, index: number) => ({
  ...wholeHeads(own),
  window: own.local?.[index] ? own.window : undefined,
});

export const qwen2: Family<Qwen2Numbers> = {
  ...gatedDecoder<Qwen2Numbers>({ biases: () => attentionMaps.slice(0, 3), facts: qwenFacts }),
  modelType: 'qwen2',

  read(configJson) {
    const json = parsed(schema, configJson, 'config.json', ConfigError, 'a Qwen2 from Hugging Face.');
    return {
      ...architectureOf(json),
      family: { modelType: 'qwen2', ...numbersOf(json), ...qwenWindowsOf(json) },
    };
  },

  write: (config) => ({
    architectures: ['Qwen2ForCausalLM'],
    model_type: 'qwen2',
    hidden_act: 'silu',
    ...writtenDecoder(config),
    ...writtenQwenWindows(config.family, config),
  }),
};
