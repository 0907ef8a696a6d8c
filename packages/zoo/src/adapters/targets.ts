/** On which linear maps an adapter is, by PEFT's rules: names, endings of names, patterns. */
import { ConfigError, require } from '@famjs/backends';
import type { Lora } from './lora.ts';
import { endingOf, type Matcher, matcherOf } from './patterns.ts';

/** What PEFT's LoraConfig says of where an adapter is and of what rank; only the targets must be said. */
export interface LoraChoices {
  /** Names of linear maps or endings of them after a dot, one pattern of whole names, or `all-linear` for all but the head. */
  targets: string | readonly string[];
  /** Those that it is not on after all. */
  except?: string | readonly string[] | undefined;
  /** Of maps named by their endings, only those of these layers. */
  layers?: readonly number[] | undefined;
  /** What stands before a layer's number, as a pattern: any name unless given. */
  layersPattern?: readonly string[] | undefined;
  /** 8 unless given. */
  rank?: number | undefined;
  /** 8 unless given. */
  alpha?: number | undefined;
  /** Other ranks and alphas by names or endings, which may be patterns; the first that fits counts. */
  ranks?: Readonly<Record<string, number>> | undefined;
  alphas?: Readonly<Record<string, number>> | undefined;
  rankStabilised?: boolean | undefined;
}

/**
 * The adapter on the maps of a model.
 *
 * @param maps names of all linear maps of the model
 * @param head the one that gives logits, which `all-linear` leaves out
 * @param source what errors call the choices
 * @param remedy what to do when no map fits
 * @throws ConfigError when no map fits, or a pattern is none
 */
export async function loraOn(
  maps: readonly string[],
  head: string,
  { rank = 8, alpha = 8, ...choices }: LoraChoices,
  source: string,
  remedy = 'use the adapter with a model of the family that it was trained on.',
): Promise<Lora> {
  const ranks = await patterns(choices.ranks, source);
  const alphas = await patterns(choices.alphas, source);
  const isTarget = await targetTest(choices, head, source);
  const found = maps.filter(isTarget);
  require(found.length > 0, ConfigError, () => ({
    wrong: `None of the linear maps of this model is a target of ${source}: ${JSON.stringify(choices.targets)}.`,
    expected: `some of ${[...new Set(maps.map((map) => map.split('.').at(-1)))].join(', ')}.`,
    remedy,
  }));
  const entries = found.map((map): [string, Lora['maps'][string]] => [
    map,
    { rank: valueAt(ranks, map) ?? rank, alpha: valueAt(alphas, map) ?? alpha },
  ]);
  return { maps: Object.fromEntries(entries), ...(choices.rankStabilised && { rankStabilised: true }) };
}

async function targetTest(
  { targets, except, layers, layersPattern }: LoraChoices,
  head: string,
  source: string,
): Promise<(map: string) => boolean> {
  const isExcepted = except === undefined ? () => false : await nameTest(except, source);
  const isNamed = targets === 'all-linear' ? (map: string) => map !== head : await nameTest(targets, source);
  const layerOf = await layerTest(layersPattern, source);
  const isInLayers = (map: string) =>
    !layers?.length || typeof targets === 'string' || targets.includes(map) || layers.includes(layerOf(map));
  return (map) => isNamed(map) && isInLayers(map) && !isExcepted(map);
}

/** By one pattern of whole names, or by names and endings. */
async function nameTest(named: string | readonly string[], source: string): Promise<Matcher> {
  if (typeof named === 'string') return matcherOf(named, source);
  return (map) => named.some((name) => map === name || map.endsWith(`.${name}`));
}

/** The number of a map's layer; NaN for a map of no layer. */
async function layerTest(before: readonly string[] | undefined, source: string) {
  const tests = await Promise.all((before ?? []).map((pattern) => endingOf(pattern, source)));
  return (map: string): number => {
    const parts = map.split('.');
    const at = parts.findIndex((part, i) => {
      const isNumber = /^\d+$/.test(part) && i < parts.length - 1;
      const head = parts.slice(0, i).join('.');
      return isNumber && (tests.length > 0 ? tests.some((test) => test(head)) : i >= 2);
    });
    return Number(parts[at]);
  };
}

type Patterns = readonly { value: number; fits: Matcher }[];

async function patterns(
  values: Readonly<Record<string, number>> | undefined,
  source: string,
): Promise<Patterns> {
  const entries = Object.entries(values ?? {});
  return Promise.all(
    entries.map(async ([pattern, value]) => ({ value, fits: await endingOf(pattern, source) })),
  );
}

const valueAt = (all: Patterns, map: string) => all.find(({ fits }) => fits(map))?.value;
