/** From a run file and a loaded model to what the trainer takes: the run, and the state before its first step. */
import {
  adafactor,
  adamW,
  type Document,
  documentsTask,
  freshTraining,
  mixture,
  type Optimizer,
  packed,
  type Ramp,
  type Run,
  type Task,
  type TrainingConfig,
  type TrainingState,
  textTask,
  withRepeatedSegment,
} from '@famjs/trainer';
import { adaptedConfig, floatWeights, initialAdapter, initialMemory, type LanguageModel } from '@famjs/zoo';
import { passKeyText } from '../passkey/text.ts';
import { passKeyTask } from '../passkey/training-task.ts';
import type { RunFile, RunStage, RunTask } from './run-file.ts';

/** The name of the adapter that goes with a FAM. */
const memoryAdapter = 'memory';

export interface PreparedRun {
  run: Run;
  /** Over the model's weights: those that are trained belong to the run from here on. */
  state: TrainingState;
}

export type DocumentsOf = (place: string, broken: 'fail' | 'skip') => Promise<readonly Document[]>;

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
  const config = begins ? await adaptedConfig(model.config, memoryAdapter, lora) : model.config;
  const tasks = await Promise.all(file.task.map((task) => taskOf(task, file, model, documentsOf)));
  const task =
    tasks.length === 1
      ? tasks[0]!
      : mixture(tasks.map((task, i) => ({ task, weight: file.task[i]!.weight })));
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

async function taskOf(
  task: RunTask,
  { stages }: RunFile,
  { tokenizer, config, endTokens }: LanguageModel,
  documentsOf: DocumentsOf,
): Promise<Task> {
  const { blockSize } = config.fam;
  if (task.name === 'passkey') {
    const read = await Promise.all(task.books.map((book) => documentsOf(book, 'fail')));
    const books = read.map((documents) => documents.flatMap(({ tokens }) => Array.from(tokens)));
    const shapes = stages.map(({ steps, blocks, blockSize, rows }) => ({
      ...{ steps, blocks, blocksPerBatch: rows },
      ...(blockSize !== undefined && { blockSize }),
      rows: [rows, rows] as const,
    }));
    return passKeyTask(passKeyText(tokenizer), blockSize, shapes, {
      secondMention: task.secondMention,
      books,
    });
  }
  const documents = (await Promise.all(task.texts.map((text) => documentsOf(text, task.broken)))).flat();
  const [{ rows, blocks: ofStage }] = stages as [RunStage];
  const { blocks = ofStage[1] } = task;
  const shape = { rows, length: blocks * blockSize };
  const end = endTokens[0] ?? 0;
  const { order, repeated } = task;
  const { tokens, weights } = packed(documents, end);
  const read =
    order === 'documents'
      ? documentsTask(documents, { ...shape, end })
      : textTask(tokens, { ...shape, order, weights });
  if (repeated === undefined) return read;
  const prefix = tokenizer.encode('[repeat random segment]:', { specialTokens: false });
  return withRepeatedSegment(read, { prefix, count: repeated });
}

function trainingOf(file: RunFile): TrainingConfig {
  const {
    stages,
    warmup,
    randomStatePassing,
    randomPositionOffset,
    stopGradient,
    segmentBlocks,
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
    ...{ randomStatePassing, randomPositionOffset, stopGradient, segmentBlocks },
    ...(rowsAtOnce !== undefined && { rowsAtOnce }),
  };
}

function optimizerOf({ optimizer: { name, ...settings } }: RunFile): Optimizer {
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return name === 'adamw' ? adamW(given) : adafactor(given);
}
