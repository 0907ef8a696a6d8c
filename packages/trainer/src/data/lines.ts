/** The lines of a file, of which no more than a part is in memory at a time. */
import { CheckpointError } from '@famjs/backends';
import type { SourceFile } from '@famjs/zoo/node';

/** Bytes that are read at a time. */
const PART = 1 << 23;

/**
 * @param name what errors call the file
 * @throws CheckpointError when it is no UTF-8, or does not arrive
 */
export async function* linesOf(
  { size, read }: SourceFile,
  name: string,
  part = PART,
): AsyncGenerator<{ content: string; line: number }> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let [open, line] = ['', 0];
  for (let from = 0; from < size; from += part) {
    const to = Math.min(size, from + part);
    const lines = (open + decoded(decoder, await read(from, to), name, to < size)).split('\n');
    open = lines.pop()!;
    for (const content of lines) yield { content, line: ++line };
  }
  yield { content: open, line: line + 1 };
}

/**
 * @param stream whether more bytes of the text follow
 * @throws CheckpointError when they are no UTF-8
 */
export function decoded(decoder: TextDecoder, bytes: Uint8Array, name: string, stream = false): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch (cause) {
    const isText = !(cause instanceof TypeError);
    throw new CheckpointError(
      {
        wrong: isText ? `${name} is too long (${(cause as Error).message}).` : `${name} is no text in UTF-8.`,
        expected: isText ? 'a text that fits a string.' : 'UTF-8.',
        remedy: isText
          ? 'cut it into files, or write it as lines of JSON.'
          : 'convert it first, with iconv for instance.',
      },
      { cause },
    );
  }
}
