/** From a run file and a loaded model to what the trainer takes: the run, and the state before its first step. */
import { ConfigError, require } from '@famjs/backends';
import {
  adafactor,
  adamW,
  freshTraining,
  type Optimizer,
  type Ramp,
  type Run,
  type TrainingConfig,
  type TrainingState,
} from '@famjs/trainer';
import {
  adaptedConfig,
  floatWeights,
  initialAdapter,
  initialMemory,
  type LanguageModel,
  type ModelConfig,
} from '@famjs/zoo';
import { freshLora, type RunFile } from './run-file.ts';
import { type DocumentsOf, taskOf } from './run-task.ts';

/** The name of the adapter that goes with a FAM. */
const memoryAdapter = 'memory';

export interface PreparedRun {
  run: Run;
  /** Over the model's weights: those that are trained belong to the run from here on. */
  state: TrainingState;
}

/**
 * @param model loaded with the `fam` of the file, in float32; its tokenizer is the task's
 * @param documentsOf the documents of a place that the file names; `broken` says whether what is no example is an error there
 * @throws ConfigError when the file asks for what the model has not
 */
export async function prepareRun(
  file: RunFile,
  model: LanguageModel,
  documentsOf: DocumentsOf,
): Promise<PreparedRun> {
  const { train, lora, seed } = file;
  const begins = train === 'lora' && !model.config.adapters?.[memoryAdapter];
  const config = train === 'lora' ? await withLora(model.config, lora) : model.config;
  const task = await taskOf(file, model, documentsOf);
  const run = { config, task, training: trainingOf(file) };
  const weights = floatWeights(model);
  const added = begins
    ? initialAdapter(config, memoryAdapter, seed)
    : train === 'state'
      ? initialMemory({ config, weights })
      : {};
  const isOfAdapter = (name: string) =>
    name.endsWith(`.${memoryAdapter}.weight`) && /\.lora_[AB]\./.test(name);
  const isTrained = (name: string) => {
    if (train === 'state') return Object.hasOwn(added, name);
    return train === 'full' || name.startsWith('fam.') || (train === 'lora' && isOfAdapter(name));
  };
  return { run, state: freshTraining({ ...weights, ...added }, seed, isTrained) };
}

/** The configuration with the adapter that is trained: the memory's own, by the alpha that is asked for, or one that begins. */
async function withLora(config: ModelConfig, lora: RunFile['lora']): Promise<ModelConfig> {
  const { [memoryAdapter]: own, ...others } = config.adapters ?? {};
  if (own && !lora) return config;
  const asked = await adaptedConfig({ ...config, adapters: others }, memoryAdapter, lora ?? freshLora);
  if (!own) return asked;
  const { maps } = asked.adapters![memoryAdapter]!;
  const ranks = (of: typeof maps) =>
    JSON.stringify(
      Object.entries(of)
        .map(([map, { rank }]) => [map, rank])
        .sort(),
    );
  require(ranks(maps) === ranks(own.maps), ConfigError, () => ({
    wrong: `The adapter of the memory has not the rank and targets of lora in the run.`,
    expected: `those with which it began; its alpha alone may be another.`,
    remedy: 'leave out lora, or give it the rank and targets of the memory (adapter_config.json).',
  }));
  return { ...asked, adapters: { ...others, [memoryAdapter]: { ...own, maps } } };
}

function trainingOf(file: RunFile): TrainingConfig {
  const {
    stages,
    warmup,
    randomStatePassing,
    randomPositionOffset,
    stopGradient,
    segmentBlocks,
    recomputeLayers,
    rowsAtOnce,
  } = file;
  const begins = stages.map((_, i) => stages.slice(0, i).reduce((sum, { steps }) => sum + steps, 0));
  const over = (name: 'rate' | 'noise' | 'mix' | 'hold'): Exclude<Ramp, number> => ({
    pieces: stages.map(({ steps, [name]: value }) => ({
      steps,
      ...(typeof value === 'number' ? { from: value, to: value } : value),
    })),
  });
  const disturbances = (['noise', 'mix', 'hold'] as const).filter((name) =>
    stages.some((stage) => stage[name] !== 0),
  );
  return {
    steps: stages.reduce((sum, { steps }) => sum + steps, 0),
    rate: { warmup, ...over('rate') },
    restarts: begins.filter((_, i) => stages[i]!.restart),
    disturbance: Object.fromEntries(disturbances.map((name) => [name, over(name)])),
    optimizer: optimizerOf(file),
    ...{ randomStatePassing, randomPositionOffset, stopGradient, segmentBlocks, recomputeLayers },
    ...(rowsAtOnce !== undefined && { rowsAtOnce }),
  };
}

function optimizerOf({ optimizer: { name, ...settings } }: RunFile): Optimizer {
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return name === 'adamw' ? adamW(given) : adafactor(given);
}
