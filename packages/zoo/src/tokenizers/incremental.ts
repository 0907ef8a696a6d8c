/** Tokens to text one by one, as a reader sees it come: spaces as in the whole text, and never half a character. */
import { TokenError } from '@famjs/backends';
import type { Tokenizer } from './tokenizer.ts';

/** Tokens before the new ones with which they are decoded: what decides about spaces between them. */
const context = 16;
/** Tokens that can hold bytes of one unfinished character. */
const longestCharacter = 3;

export interface IncrementalDecoder {
  /**
   * The text that became certain with this token; none while a character is unfinished. `whole` says that no character is.
   * Bytes that can be part of none come out as U+FFFD. A token without a text, as vocabularies that are padded have, has none here.
   */
  push(token: number): { text: string; whole: boolean };
}

/** A decoder for the tokens after `before`, of which the last few are enough. */
export function incrementalDecoder(tokenizer: Tokenizer, before: readonly number[]): IncrementalDecoder {
  const decode = (tokens: readonly number[]) => tokenizer.decode(tokens, { specialTokens: false });
  const hasText = (token: number) => {
    try {
      decode([token]);
      return true;
    } catch (error) {
      if (error instanceof TokenError) return false;
      throw error;
    }
  };
  let window = before.slice(-context).filter(hasText);
  let shown = decode(window).replace(/\uFFFD+$/, '');
  let unfinished = 0;
  return {
    push(token) {
      if (!hasText(token)) return { text: '', whole: unfinished === 0 };
      window.push(token);
      const text = decode(window);
      if (text.endsWith('\uFFFD') && unfinished < longestCharacter) {
        unfinished++;
        return { text: '', whole: false };
      }
      unfinished = 0;
      const fresh = text.slice(commonLength(shown, text));
      shown = text;
      if (window.length > 2 * context) {
        window = window.slice(-context);
        shown = decode(window);
      }
      return { text: fresh, whole: true };
    },
  };
}

/** How many characters two texts begin with alike. */
function commonLength(a: string, b: string): number {
  if (b.startsWith(a)) return a.length;
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
