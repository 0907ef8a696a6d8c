/** The tokens that a parity check reads, from a JSON file. */
import { require, ShapeError, TokenError } from '@famjs/backends';
import { readBytes } from '@famjs/zoo/node';

/**
 * @returns B rows of S token ids, which no vocabulary has seen yet
 * @throws TokenError when the file is no list of numbers, or list of such lists
 * @throws ShapeError when the rows differ in length or are empty
 */
export async function readTokenRows(file: string): Promise<number[][]> {
  const content = parse(new TextDecoder().decode(await readBytes(file)));
  const rows = Array.isArray(content) && !Array.isArray(content[0]) ? [content] : content;
  require(isRows(rows), TokenError, () => ({
    wrong: `${file} does not hold token ids.`,
    expected: 'JSON such as [5, 17, 3], or [[5, 17, 3], [8, 2, 9]] for texts side by side.',
    remedy: 'write the ids of the tokens that the models are to read.',
  }));
  const lengths = [...new Set(rows.map((row) => row.length))];
  require(lengths.length === 1 && lengths[0]! > 0, ShapeError, () => ({
    wrong: `${file} holds ${rows.length} rows of ${lengths.join(', ')} tokens.`,
    expected: 'rows of one length, at least 1.',
    remedy: 'cut the rows to the shortest, or check them one after another.',
  }));
  return rows;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Reported like any other content that is not tokens.
  }
}

function isRows(content: unknown): content is number[][] {
  return (
    Array.isArray(content) &&
    content.every((row) => Array.isArray(row) && row.every((token) => typeof token === 'number'))
  );
}
