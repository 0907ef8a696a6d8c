/** Low-rank adapters (LoRA; Hu et al., 2021) as named weights beside those of the model, in PEFT's names. */
import type { WeightMap } from '@famjs/layer';
import type { Adapter } from '@famjs/ops';

/** Which linear maps an adapter changes, and how. Its numbers are weights of the model. */
export interface Lora {
  /** By the name of a linear map, which is that of its weight without `.weight`. */
  maps: Readonly<Record<string, { rank: number; alpha: number }>>;
  /** Whether its products are scaled by alpha / √rank (rsLoRA; Kalajdzievski, 2023) rather than alpha / rank. */
  rankStabilised?: boolean;
}

/** By their names, of letters, digits, `_` and `-`. */
export type Adapters = Readonly<Record<string, Lora>>;

/** The linear map that a weight is of. */
export const mapOf = (weight: string): string => weight.replace(/\.weight$/, '');

/** The names of an adapter's weights of a linear map: A [rank, in] and B [out, rank]. */
export const loraNames = (map: string, adapter: string) => ({
  down: `${map}.lora_A.${adapter}.weight`,
  up: `${map}.lora_B.${adapter}.weight`,
});

/** Whether a weight is one of an adapter. */
export const isLora = (name: string): boolean => /\.lora_[AB]\.[\w-]+\.weight$/.test(name);

/** What its product is multiplied by. */
export function scaleOf({ maps, rankStabilised }: Lora, map: string): number {
  const { rank, alpha } = maps[map]!;
  return alpha / (rankStabilised ? Math.sqrt(rank) : rank);
}

/**
 * What adapters add to a linear map.
 *
 * @param target the map of the checkpoint that it is made of, where it is a part of one
 */
export function adaptersOf(
  weights: WeightMap,
  map: string,
  adapters: Adapters | undefined,
  target = map,
): Adapter[] | undefined {
  if (!adapters) return undefined;
  return namesOn(target, adapters).map((name) => {
    const { down, up } = loraNames(map, name);
    return { down: weights[down]!, up: weights[up]!, scale: scaleOf(adapters[name]!, target) };
  });
}

/** Names of the adapters that change a linear map. */
export const namesOn = (map: string, adapters: Adapters = {}): string[] =>
  Object.keys(adapters).filter((name) => Object.hasOwn(adapters[name]!.maps, map));

/** Names of the matrices of a linear map that have a row for each of its outputs: its weight and every B. */
export const rowsByOutput = (map: string, adapters: Adapters | undefined): string[] => [
  `${map}.weight`,
  ...namesOn(map, adapters).map((name) => loraNames(map, name).up),
];

/**
 * The shapes of all weights of adapters by name.
 *
 * @param maps shapes of the model's linear maps
 */
export function loraShapes(
  adapters: Adapters = {},
  maps: Readonly<Record<string, readonly number[]>>,
): Record<string, number[]> {
  const shapes = Object.entries(adapters).flatMap(([adapter, lora]) =>
    Object.entries(lora.maps).flatMap(([map, { rank }]): [string, number[]][] => {
      const { down, up } = loraNames(map, adapter);
      const [out, inner] = maps[map] as [number, number];
      return [
        [down, [rank, inner]],
        [up, [out, rank]],
      ];
    }),
  );
  return Object.fromEntries(shapes);
}
