/** Examples from the rows of a Parquet file, as datasets of the Hub are kept. */
import { CheckpointError } from '@famjs/backends';
import type { SourceFile } from '@famjs/zoo/node';
import { parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { exampleIn, type OnBroken, refuseBroken } from './broken.ts';
import type { Example } from './examples.ts';

/** Columns that an example may have; what else a file holds is not read. */
const known = ['text', 'prompt', 'completion', 'messages'];

/**
 * The rows of one group are in memory at a time.
 *
 * @param source what errors call the file
 * @param onBroken gets each row that is no example and leaves it out; the first one is an error unless given
 * @throws CheckpointError when the file cannot be read or is no Parquet, or for a row that is no example
 */
export async function* examplesOfParquet(
  file: SourceFile,
  source: string,
  onBroken: OnBroken = refuseBroken,
): AsyncGenerator<Example> {
  let line = 0;
  for await (const row of rowsOf(file, source)) {
    const given = Object.entries(row).filter(([, value]) => value !== null && value !== undefined);
    yield* exampleIn(Object.fromEntries(given), { source, line: ++line }, onBroken);
  }
}

async function* rowsOf(
  { size, read }: SourceFile,
  source: string,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const slice = async (from: number, to = size) => {
    const bytes = await read(from, to);
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  };
  const file = { byteLength: size, slice };
  try {
    const metadata = await parquetMetadataAsync(file);
    const columns = parquetSchema(metadata)
      .children.map(({ element }) => element.name)
      .filter((name) => known.includes(name));
    let rowStart = 0;
    for (const { num_rows } of metadata.row_groups) {
      const rowEnd = rowStart + Number(num_rows);
      yield* columns.length === 0
        ? Array.from({ length: Number(num_rows) }, () => ({}))
        : await parquetReadObjects({ file, metadata, columns, compressors, rowStart, rowEnd });
      rowStart = rowEnd;
    }
  } catch (cause) {
    throw new CheckpointError(
      {
        wrong: `${source} cannot be read as Parquet (${(cause as Error).message}).`,
        expected: 'a whole file with columns text, prompt and completion, or messages.',
        remedy: 'fetch it again, or write it as lines of JSON.',
      },
      { cause },
    );
  }
}
