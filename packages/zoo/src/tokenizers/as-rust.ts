/** Where `@huggingface/tokenizers` does otherwise than the Rust library whose files it reads, said to it in a way that it does alike. */

interface Part {
  type?: unknown;
  [name: string]: unknown;
}

/**
 * A part, and those within it, whose digits are what Unicode counts as numbers, as in Rust (`char::is_numeric`), and not 0 to 9 alone,
 * and which puts a text in place of another as it is: to JavaScript `$` stands for what was found.
 */
export function partAsRust(part: Part | null): Part | null {
  for (const name of ['normalizers', 'pretokenizers', 'decoders']) {
    const inner = part?.[name];
    if (part?.type === 'Sequence' && Array.isArray(inner)) return { ...part, [name]: inner.map(partAsRust) };
  }
  if (part?.type === 'Replace' && typeof part.content === 'string')
    return { ...part, content: part.content.replaceAll('$', '$$$$') };
  if (part?.type !== 'Digits') return part;
  const Regex = part.individual_digits ? '\\p{N}' : '\\p{N}+';
  return { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false };
}

/**
 * Whether decoding takes spaces before punctuation out of the text. Rust never does. `transformers` does where the configuration
 * wants it, for word pieces; where bytes say what the spaces are, the text stays what its tokens say.
 */
export const cleansUp = (wanted: unknown, decoder: Part | null): boolean =>
  Boolean(wanted) && decoder?.type !== 'ByteLevel';
