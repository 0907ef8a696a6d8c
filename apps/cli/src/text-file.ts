/** A text on a disk, piece by piece, so that its length does not matter. */
import { createReadStream } from 'node:fs';
import { CheckpointError, TokenError } from '@famjs/backends/errors';

/**
 * The text of a file in UTF-8.
 *
 * @throws CheckpointError when it cannot be read
 * @throws TokenError when it is no UTF-8
 */
export async function* textOf(file: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const bytes of createReadStream(file)) yield decoder.decode(bytes, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    if (
      cause instanceof TypeError &&
      (cause as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
    )
      throw new TokenError(
        {
          wrong: `${file} is no text in UTF-8.`,
          expected: 'UTF-8.',
          remedy: 'convert it first, with iconv for instance.',
        },
        { cause },
      );
    const isFolder = (cause as NodeJS.ErrnoException).code === 'EISDIR';
    throw new CheckpointError(
      {
        wrong: isFolder ? `${file} is a folder.` : `Cannot read ${file} (${(cause as Error).message}).`,
        expected: 'a file that exists and is readable.',
        remedy: isFolder ? 'name a file in it.' : 'check the path and its permissions.',
      },
      { cause },
    );
  }
}
