/** A run that the command line names: a run.yaml, or a recipe that comes with famjs. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '@famjs/backends';
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

/**
 * @param place path of a YAML file, or the name of a recipe
 * @throws ConfigError when there is none, or it is no run
 */
export async function openRunFile(
  place: string,
  changes: { model?: string | undefined; seed?: number | undefined } = {},
): Promise<NamedRun> {
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

const given = (changes: object) =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
