/** Examples from files of Node: a text, lines of JSON, rows of Parquet, or a folder of such. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { CheckpointError, require } from '@famjs/backends';
import { readBytes } from '@famjs/zoo/node';
import type { OnBroken } from './broken.ts';
import type { Example } from './examples.ts';
import { examplesOfJsonl } from './jsonl.ts';
import { examplesOfParquet } from './parquet.ts';

/**
 * A `.jsonl` file has an example a line, a `.parquet` file one a row, any other file is one text; of a folder all `.txt`, `.jsonl` and
 * `.parquet` files, in the order of their names.
 *
 * @throws CheckpointError when a file cannot be read, is no UTF-8 or holds nothing, or a line or a row is no example
 */
export async function readExamples(place: string, onBroken?: OnBroken): Promise<Example[]> {
  const isFolder = await stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return examplesOf(place, onBroken);
  const names = (await readdir(place, { recursive: true }))
    .filter((name) => /\.(txt|jsonl|parquet)$/.test(name))
    .sort();
  require(names.length > 0, CheckpointError, () => ({
    wrong: `There is no .txt, .jsonl or .parquet file in ${place}.`,
    expected: 'texts, or examples a line.',
    remedy: 'name the folder that holds them.',
  }));
  const files = await Promise.all(names.map((name) => examplesOf(path.join(place, name), onBroken)));
  return files.flat();
}

async function examplesOf(file: string, onBroken?: OnBroken): Promise<Example[]> {
  if (file.endsWith('.parquet')) return examplesOfParquet(file, onBroken);
  const bytes = await readBytes(file);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CheckpointError(
      {
        wrong: `${file} is no text in UTF-8.`,
        expected: 'UTF-8.',
        remedy: 'convert it first, with iconv for instance.',
      },
      { cause },
    );
  }
  return file.endsWith('.jsonl') ? examplesOfJsonl(text, file, onBroken) : [{ text }];
}
