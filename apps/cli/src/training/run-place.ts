/** A run that the command line names: a run.yaml, or a recipe that comes with famjs. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError, require } from '@famjs/backends';
import { parseRunFile, type RunFile } from '@famjs/tasks';
import { LineCounter, parseDocument } from 'yaml';

const recipes = path.join(import.meta.dirname, '../../recipes');

export interface NamedRun {
  /** Of the folder in which it trains. */
  name: string;
  file: RunFile;
  /** Where the texts lie that the file names. */
  folder: string;
}

/** What stands in place of what the file says. */
export interface RunChanges {
  model?: string | undefined;
  seed?: number | undefined;
  /** Texts for the filler of its tasks of PassKey. */
  books?: readonly string[] | undefined;
}

/**
 * @param place path of a YAML file, or the name of a recipe
 * @throws ConfigError when there is none, or it is no run
 */
export async function openRunFile(place: string, { books, ...changes }: RunChanges = {}): Promise<NamedRun> {
  const isFile = /\.ya?ml$/.test(place);
  const file = isFile ? place : path.join(recipes, `${place}.yaml`);
  const text = await readFile(file, 'utf8').catch(async (cause) => {
    const known = (await readdir(recipes)).map((name) => path.basename(name, '.yaml'));
    throw new ConfigError(
      {
        wrong: `Cannot read ${isFile ? place : `a recipe named "${place}"`} (${cause.message}).`,
        expected: `a .yaml file, or one of ${known.join(', ')}.`,
        remedy: 'correct it; famjs train --help lists the recipes.',
      },
      { cause },
    );
  });
  const name = path.basename(file).replace(/\.ya?ml$/, '');
  const content = { ...contentOf(text, file), ...given(changes) };
  const tasks = passKeyTasks(content);
  if (books) giveBooks(tasks, books, place);
  else
    require(isFile || !tasks.some(({ language }) => language), ConfigError, () => ({
      wrong: `The recipe ${place} asks for what books say, so that the model keeps its language, and there are none.`,
      expected: 'a few books of your own, in UTF-8.',
      remedy: `name them: --book one.txt --book another.txt`,
    }));
  return { name, file: parseRunFile(content, file), folder: isFile ? path.dirname(file) : '.' };
}

function contentOf(text: string, file: string): object {
  const document = parseDocument(text, { lineCounter: new LineCounter() });
  const [error] = document.errors;
  const content = error ? undefined : document.toJS();
  if (typeof content === 'object' && content !== null) return content;
  throw new ConfigError({
    wrong: `${file} is no YAML of keys and values${error ? ` (${error.message})` : ''}.`,
    expected: 'a run as `famjs train --init` writes one.',
    remedy: 'correct the file.',
  });
}

/** Gives the tasks of PassKey books, as they are called where the process runs. */
function giveBooks(tasks: readonly PassKeyTask[], books: readonly string[], place: string): void {
  require(tasks.length > 0, ConfigError, () => ({
    wrong: `Books were given (${books.join(', ')}), and no task of ${place} is PassKey, whose filler they would be.`,
    expected: 'a run with a task named passkey.',
    remedy: 'leave --book out; what else a run reads is named by its texts.',
  }));
  const found = books.map((book) => (existsSync(book) ? path.resolve(book) : book));
  for (const task of tasks) task.books = found;
}

/** A task before it is checked. */
interface PassKeyTask {
  name: 'passkey';
  books?: unknown;
  language?: unknown;
}

/** The tasks of PassKey in what a run says, for all of it or for a stage. */
function passKeyTasks(value: unknown): PassKeyTask[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('name' in value && value.name === 'passkey') return [value as PassKeyTask];
  return Object.values(value).flatMap(passKeyTasks);
}

const given = (changes: object) =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
