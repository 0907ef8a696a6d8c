/** Which layers see a window of tokens only, as `layer_types` of a config.json lists them. */
import { ConfigError, require } from '@famjs/backends';
import * as z from 'zod';

export const layerTypes = z.array(z.enum(['full_attention', 'sliding_attention'])).nullish();

/** Layer by layer whether it sees a window only. */
export type LocalLayers = readonly boolean[];

/**
 * @param isLocal says it of a layer that config.json does not list
 * @throws ConfigError when more or fewer layers are listed than there are
 */
export function localLayersOf(
  listed: z.output<typeof layerTypes>,
  layers: number,
  isLocal: (index: number) => boolean,
): LocalLayers {
  require(!listed || listed.length === layers, ConfigError, () => ({
    wrong: `config.json lists the types of ${listed!.length} layers, and there are ${layers}.`,
    expected: 'one of layer_types for each of num_hidden_layers.',
    remedy: 'fetch config.json again.',
  }));
  return Array.from({ length: layers }, (_, index) =>
    listed ? listed[index] === 'sliding_attention' : isLocal(index),
  );
}

/** The content of `layer_types`. */
export const writtenLayerTypes = (local: LocalLayers) =>
  local.map((isLocal) => (isLocal ? 'sliding_attention' : 'full_attention'));
