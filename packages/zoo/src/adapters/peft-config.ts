/** adapter_config.json as PEFT has it: read with nothing passed over that would change what the adapter computes, and written. */
import { ConfigError, require } from '@famjs/backends';
import * as z from 'zod';
import { parsed } from '../parsed.ts';
import type { Lora } from './lora.ts';
import type { LoraChoices } from './targets.ts';

const some = 10_000;
const name = z.string().max(1000);
const names = z.array(name).max(some);
const rank = z
  .int()
  .min(1)
  .max(1 << 16);
const number = z.number();

/** Of LoraConfig, what says where an adapter is and how strong. */
const schema = z.looseObject({
  peft_type: z.literal('LORA', 'only LoRA is supported'),
  task_type: z.literal('CAUSAL_LM', 'only causal language models are supported').nullish(),
  r: rank,
  lora_alpha: number,
  target_modules: z.union([name, names.min(1)]),
  exclude_modules: z.union([name, names]).nullish(),
  layers_to_transform: z.union([z.int(), z.array(z.int()).max(some)]).nullish(),
  layers_pattern: z.union([name, names]).nullish(),
  rank_pattern: z.record(name, rank).nullish(),
  alpha_pattern: z.record(name, number).nullish(),
  use_rslora: z.boolean().nullish(),
  bias: z.literal('none', 'adapters that train biases are not supported').nullish(),
  init_lora_weights: z
    .union(
      [z.boolean(), z.enum(['gaussian', 'eva', 'orthogonal'])],
      'it changes the weights of the base model',
    )
    .nullish(),
});

/** What changes nothing in a trained adapter. Linear layers of PEFT take no notice of `fan_in_fan_out` either. */
const idle = [
  ...[
    'auto_mapping',
    'base_model_name_or_path',
    'revision',
    'inference_mode',
    'parent_library',
    'peft_version',
  ],
  ...['lora_dropout', 'fan_in_fan_out', 'megatron_core', 'qalora_group_size', 'runtime_config', 'eva_config'],
  'ensure_weight_tying',
];

/**
 * What an adapter_config.json chooses. A key that is not known must be off.
 *
 * @param source what errors call the file
 * @throws ConfigError naming what is missing, wrong or not supported, such as `use_dora` and `modules_to_save`
 */
export function loraChoicesIn(content: unknown, source: string): LoraChoices {
  const json = parsed(
    schema,
    content,
    source,
    ConfigError,
    'a LoRA of a causal language model, as PEFT saves it.',
  );
  const known = [...Object.keys(schema.shape), ...idle];
  const unknown = Object.keys(json).filter((key) => !known.includes(key) && !isOff(json[key]));
  require(unknown.length === 0, ConfigError, () => ({
    wrong: `${source} has ${unknown
      .slice(0, 3)
      .map((key) => `${key} ${JSON.stringify(json[key])?.slice(0, 100)}`)
      .join(', ')}.`,
    expected: 'a plain LoRA: y + s · (x Aᵀ) Bᵀ on linear maps, and nothing else.',
    remedy:
      'merge the adapter with PEFT (merge_and_unload) and load the model that it makes, or train one without it.',
  }));
  const { layers_to_transform: layers, layers_pattern: pattern } = json;
  return {
    targets: /^all-linear$/i.test(`${json.target_modules}`) ? 'all-linear' : json.target_modules,
    except: json.exclude_modules?.length ? json.exclude_modules : undefined,
    layers: layers === null || layers === undefined ? undefined : [layers].flat(),
    layersPattern: pattern?.length ? [pattern].flat() : undefined,
    ...{ rank: json.r, alpha: json.lora_alpha },
    ...{ ranks: json.rank_pattern ?? undefined, alphas: json.alpha_pattern ?? undefined },
    rankStabilised: json.use_rslora ?? false,
  };
}

/** Whether a value says that something is not used. */
const isOff = (value: unknown): boolean =>
  value === null || value === false || (typeof value === 'object' && Object.keys(value).length === 0);

/**
 * The content of adapter_config.json; `loraChoicesIn` is the way back.
 *
 * @param all names of all linear maps of the model
 * @param base what the base model is called
 */
export function peftConfig(
  { maps, rankStabilised = false }: Lora,
  all: readonly string[],
  base: string,
): object {
  const entries = Object.entries(maps);
  const [, { rank, alpha }] = entries[0]!;
  const others = <Key extends 'rank' | 'alpha'>(key: Key, usual: number) =>
    Object.fromEntries(entries.filter(([, map]) => map[key] !== usual).map(([map, its]) => [map, its[key]]));
  return {
    ...{ peft_type: 'LORA', task_type: 'CAUSAL_LM', base_model_name_or_path: base, inference_mode: true },
    ...{ r: rank, lora_alpha: alpha, lora_dropout: 0, bias: 'none', use_rslora: rankStabilised },
    ...{ rank_pattern: others('rank', rank), alpha_pattern: others('alpha', alpha) },
    ...{ target_modules: targetsFor(maps, all), fan_in_fan_out: false, init_lora_weights: true },
  };
}

/** The endings of the names, where they name these maps and no others; else the names. */
function targetsFor(maps: Lora['maps'], all: readonly string[]): string[] {
  const endings = [...new Set(Object.keys(maps).map((map) => map.split('.').at(-1)!))];
  const ended = all.filter((map) => endings.some((ending) => map === ending || map.endsWith(`.${ending}`)));
  return ended.every((map) => Object.hasOwn(maps, map)) ? endings : Object.keys(maps);
}
