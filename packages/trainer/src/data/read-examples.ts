/** Examples from where data lies: a text, lines of JSON, rows of Parquet, folders and datasets of such. */
import { CheckpointError } from '@famjs/backends';
import { type DataFile, type DataOptions, dataFiles } from '@famjs/zoo/node';
import type { OnBroken } from './broken.ts';
import type { Example } from './examples.ts';
import { examplesOfJsonl } from './jsonl.ts';
import { examplesOfParquet } from './parquet.ts';

export interface ReadExamplesOptions extends DataOptions {
  /** Gets each line or row that is no example and leaves it out; the first one is an error unless given. */
  onBroken?: OnBroken | undefined;
}

/**
 * A `.jsonl` file has an example a line, a `.parquet` file one a row, any other file is one text.
 *
 * @param place a file, a folder, a URL of a file, or owner/name of a dataset of the Hub (`dataFiles`)
 * @throws CheckpointError when a file cannot be read, is no UTF-8 or holds nothing, or a line or a row is no example
 * @throws StorageError when a dataset of the Hub has no room
 */
export async function readExamples(
  place: string,
  { onBroken, ...options }: ReadExamplesOptions = {},
): Promise<Example[]> {
  const examples: Example[] = [];
  for (const file of await dataFiles(place, options))
    for (const example of await examplesOf(file, onBroken)) examples.push(example);
  return examples;
}

async function examplesOf({ name, open }: DataFile, onBroken?: OnBroken): Promise<Example[]> {
  const file = await open();
  const ending = /\.(jsonl|parquet)(?:[?#].*)?$/i.exec(name)?.[1]?.toLowerCase();
  if (ending === 'parquet') return examplesOfParquet(file, name, onBroken);
  const text = textIn(await file.read(0, file.size), name);
  return ending === 'jsonl' ? examplesOfJsonl(text, name, onBroken) : [{ text }];
}

function textIn(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CheckpointError(
      {
        wrong: `${name} is no text in UTF-8.`,
        expected: 'UTF-8.',
        remedy: 'convert it first, with iconv for instance.',
      },
      { cause },
    );
  }
}
