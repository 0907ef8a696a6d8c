/** The PassKey test in the paper's words (Fig. 3a), in tokens: a head that tells the key, filler without end, a question. */
import { ConfigError, require } from '@famjs/backends';
import type { Tokenizer } from '@famjs/zoo';

const preamble =
  'There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. ' +
  'I will quiz you about the important information there.';
const statement = (key: string) => `The pass key is ${key}. Remember it. ${key} is the pass key.`;
const filler = ' The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.';
const question = ' What is the pass key? The pass key is';

/** Digits of a pass key. */
export const KEY_DIGITS = 5;

export interface PassKeyText {
  /** Tokens of the preamble and the statement of a key. */
  head(key: string): number[];
  /** Where in `head(key)` the tokens of the key stand for the second time, which a reader could foretell. */
  secondMention(key: string): { from: number; to: number };
  /** Tokens from … to − 1 of the filler, which repeats for ever. */
  filler(from: number, to: number): Int32Array;
  /** Tokens after which the filler repeats. */
  period: number;
  /** Tokens of the question, after which the key is due. */
  question: readonly number[];
  /** Tokens of the answer. */
  answer(key: string): number[];
  /** The digits that tokens spell, without what some tokenizers put between them. */
  digits(tokens: readonly number[]): string;
}

/**
 * The test in the tokens of any tokenizer.
 *
 * @throws ConfigError when the tokenizer cannot spell a key
 */
export function passKeyText(tokenizer: Tokenizer): PassKeyText {
  const encode = (part: string) => tokenizer.encode(part, { specialTokens: false });
  const repeated = encode(filler);
  const digits = (tokens: readonly number[]) => tokenizer.decode(tokens).replaceAll(/[^0-9]/g, '');
  const answer = (key: string) => encode(` ${key}`);
  const probe = '90817';
  require(digits(answer(probe)) === probe, ConfigError, () => ({
    wrong: `The tokenizer reads the key ${probe} back as "${digits(answer(probe))}".`,
    expected: 'a tokenizer that knows the digits.',
    remedy: 'use the tokenizer that belongs to the model.',
  }));
  const head = (key: string) => encode(`${preamble} ${statement(key)}`);
  return {
    head,
    secondMention(key) {
      const to = head(key).length - encode(' is the pass key.').length;
      return { from: to - answer(key).length, to };
    },
    period: repeated.length,
    filler: (from, to) =>
      Int32Array.from({ length: to - from }, (_, i) => repeated[(from + i) % repeated.length]!),
    question: encode(question),
    answer,
    digits,
  };
}

/** Every text of the test but the keys, for a tokenizer made for it. */
export const passKeyWords = `${preamble} ${statement('')}${filler}${question}`;
