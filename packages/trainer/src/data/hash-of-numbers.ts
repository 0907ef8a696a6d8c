/** What tells one list of numbers from another, however long it is. */
import { hashOf } from '@famjs/zoo';

/** Numbers whose text exists at a time. */
const PIECE = 1 << 12;

/** The hash of their text, with a space between two. */
export const hashOfNumbers = (numbers: ArrayLike<number>): number => hashOf(partsOf(numbers));

function* partsOf(numbers: ArrayLike<number>): Generator<string> {
  for (let from = 0; from < numbers.length; from += PIECE) {
    const piece: number[] = Array.prototype.slice.call(numbers, from, from + PIECE);
    yield (from > 0 ? ' ' : '') + piece.join(' ');
  }
}
