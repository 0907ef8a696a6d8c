/** A document as text, and in the pieces in which it is read. */

/** Characters of a piece: a few blocks of tokens, after each of which the charts go on. */
const PIECE = 4000;

/** Whether bytes that were decoded are text: binary files have zeros, or characters that are none. */
export function looksLikeText(text: string): boolean {
  const head = text.slice(0, 10_000);
  const strange = head.split('\uFFFD').length - 1;
  return !head.includes('\0') && strange * 50 <= head.length;
}

/** Pieces that begin with the space or line before their first word, where tokens of real tokenizers begin too. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length; ) {
    const cut = text.slice(from + PIECE).search(/(?<=\S)\s/);
    const to = cut < 0 ? text.length : from + PIECE + cut;
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}
