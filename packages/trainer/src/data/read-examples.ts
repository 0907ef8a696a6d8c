/** Examples from where data lies: a text, lines of JSON, rows of Parquet, folders and datasets of such. */
import { type DataFile, type DataOptions, dataFiles } from '@famjs/zoo/node';
import type { OnBroken } from './broken.ts';
import { charactersOf, type Example } from './examples.ts';
import { examplesOfLine } from './jsonl.ts';
import { decoded, linesOf } from './lines.ts';
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
export async function readExamples(place: string, options: ReadExamplesOptions = {}): Promise<Example[]> {
  const all: Example[] = [];
  for await (const piece of examplePieces(place, options)) for (const example of piece) all.push(example);
  return all;
}

/** Characters of the examples of a piece. */
const PIECE = 1 << 26;

/**
 * The same, a piece after another: what is larger than a string or the memory may be is read too.
 *
 * @param most characters of a piece, which its last example may pass
 * @throws CheckpointError, StorageError as `readExamples`
 */
export async function* examplePieces(
  place: string,
  { onBroken, ...options }: ReadExamplesOptions,
  most = PIECE,
): AsyncGenerator<Example[]> {
  let [piece, characters]: [Example[], number] = [[], 0];
  for (const file of await dataFiles(place, options)) {
    for await (const example of examplesOf(file, onBroken)) {
      piece.push(example);
      characters += charactersOf(example);
      if (characters < most) continue;
      yield piece;
      [piece, characters] = [[], 0];
    }
  }
  if (piece.length > 0) yield piece;
}

async function* examplesOf({ name, open }: DataFile, onBroken?: OnBroken): AsyncGenerator<Example> {
  const file = await open();
  const ending = /\.(jsonl|parquet)(?:[?#].*)?$/i.exec(name)?.[1]?.toLowerCase();
  if (ending === 'parquet') {
    yield* examplesOfParquet(file, name, onBroken);
  } else if (ending === 'jsonl') {
    for await (const { content, line } of linesOf(file, name))
      yield* examplesOfLine(content, { source: name, line }, onBroken);
  } else {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    yield { text: decoded(decoder, await file.read(0, file.size), name) };
  }
}
