/** What a run reads, as its file says: tasks by their names, several by their weights, others from stage to stage. */
import {
  type Document,
  documentsTask,
  joined,
  mixture,
  packed,
  sourceOf,
  type Task,
  type TokenSource,
  textTask,
  withRepeatedSegment,
} from '@famjs/trainer';
import type { LanguageModel } from '@famjs/zoo';
import { passKeyText } from '../passkey/text.ts';
import { passKeyTask } from '../passkey/training-task.ts';
import type { RunFile, RunStage, RunTask } from './run-file.ts';

/**
 * The documents of a place that a file names, in memory or where they are read from as the run goes on; `broken` says whether what is no example
 * is an error there. It is asked for one place at a time.
 */
export type DocumentsOf = (
  place: string,
  broken: 'fail' | 'skip',
) => Promise<readonly Document[] | TokenSource>;

/** What tasks are made from: the stages in which they are read, and the model. */
interface Reading {
  stages: readonly RunStage[];
  model: LanguageModel;
  documentsOf: DocumentsOf;
}

export async function taskOf(
  { stages, task }: RunFile,
  model: LanguageModel,
  documentsOf: DocumentsOf,
): Promise<Task> {
  if (!stages.some((stage) => stage.task)) return oneOf(task, { stages, model, documentsOf });
  const tasks = await inTurn(stages, (stage) =>
    oneOf(stage.task ?? task, { stages: [stage], model, documentsOf }),
  );
  return inStages(stages.map(({ steps }, i) => ({ steps, task: tasks[i]! })));
}

/** A task, or several as a mixture. */
async function oneOf(chosen: readonly RunTask[], reading: Reading): Promise<Task> {
  const tasks = await inTurn(chosen, (task) => namedTask(task, reading));
  if (tasks.length === 1) return tasks[0]!;
  return mixture(tasks.map((task, i) => ({ task, weight: chosen[i]!.weight })));
}

/** One task after another, each for its steps and the last for those behind them. */
function inStages(stages: readonly { steps: number; task: Task }[]): Task {
  const ends = stages.map((_, i) => stages.slice(0, i + 1).reduce((sum, { steps }) => sum + steps, 0));
  return {
    about: { name: 'stages', stages: stages.map(({ steps, task }) => ({ steps, ...task.about })) },
    batch(step, seed) {
      const stage = ends.findIndex((end) => step < end);
      return stages.at(stage)!.task.batch(step, seed);
    },
  };
}

async function namedTask(task: RunTask, reading: Reading): Promise<Task> {
  return task.name === 'passkey' ? readPassKey(task, reading) : readText(task, reading);
}

async function readPassKey(
  { books: places, secondMention, language }: RunTask & { name: 'passkey' },
  { stages, model: { tokenizer, config }, documentsOf }: Reading,
): Promise<Task> {
  const books = await inTurn(places, async (place) => packed(await documentsOf(place, 'fail')));
  const shapes = stages.map(({ steps, blocks, blockSize, rows }) => ({
    ...{ steps, blocks, blocksPerBatch: rows },
    ...(blockSize !== undefined && { blockSize }),
    rows: [rows, rows] as const,
  }));
  return passKeyTask(passKeyText(tokenizer), config.fam.blockSize, shapes, {
    secondMention,
    books,
    language,
  });
}

async function readText(
  task: RunTask & { name: 'text' },
  { stages, model: { tokenizer, config, endTokens }, documentsOf }: Reading,
): Promise<Task> {
  const texts = await inTurn(task.texts, async (text) => sourceOf(await documentsOf(text, task.broken)));
  const documents = joined(texts);
  const [{ rows, blocks: ofStage }] = stages as [RunStage];
  const { order, repeated, blocks = ofStage[1] } = task;
  const shape = { rows, length: blocks * config.fam.blockSize };
  const end = endTokens[0] ?? 0;
  const read =
    order === 'documents'
      ? documentsTask(documents, { ...shape, end })
      : textTask(packed(documents, end), { ...shape, order });
  if (repeated === undefined) return read;
  const prefix = tokenizer.encode('[repeat random segment]:', { specialTokens: false });
  return withRepeatedSegment(read, { prefix, count: repeated });
}

/** One after another: texts are made tokens on the way, a part of which is in memory. */
async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
