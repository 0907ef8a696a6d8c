/** The PassKey test in the paper's words (Fig. 3a), in tokens: a head that tells the key, filler without end, a question. */
import { ConfigError, require } from '@famjs/backends';
import { stream, type Tokenizer } from '@famjs/zoo';

const preamble =
  'There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. ' +
  'I will quiz you about the important information there.';
const statement = (key: string) => `The pass key is ${key}. Remember it. ${key} is the pass key.`;
const sentences = [
  ' The grass is green.',
  ' The sky is blue.',
  ' The sun is yellow.',
  ' Here we go.',
  ' There and back again.',
];
const question = ' What is the pass key? The pass key is';

/** Digits of a pass key. */
export const KEY_DIGITS = 5;

/**
 * The order of the sentences in a round of filler: a permutation of 0 … 4. Every round has the paper's order, and the filler
 * a period, unless another is given.
 */
export type FillerOrder = (round: number) => readonly number[];

/** Tokens from … to − 1 of filler that goes on for ever. */
export type Filler = (from: number, to: number) => Int32Array;

/** Filler of a text in tokens from place `begin` on, round after round. */
export function textFiller(tokens: ArrayLike<number>, begin: number): Filler {
  const { length } = tokens;
  return (from, to) => Int32Array.from({ length: to - from }, (_, i) => tokens[(begin + from + i) % length]!);
}

/** A random order in every round, so that the filler has no period; `row` tells texts of a seed and step apart. */
export function shuffledFiller(seed: number, step: number, row: number): FillerOrder {
  return (round) => {
    const random = stream(seed, 'filler', step, row, round);
    const order = [...sentences.keys()];
    for (let i = order.length - 1; i > 0; i--) {
      const other = random.below(i + 1);
      [order[i], order[other]] = [order[other]!, order[i]!];
    }
    return order;
  };
}

export interface PassKeyText {
  /** Tokens of the preamble and the statement of a key. */
  head(key: string): number[];
  /** Where in `head(key)` the tokens of the key stand for the second time, which a reader could foretell. */
  secondMention(key: string): { from: number; to: number };
  /** Tokens from … to − 1 of the filler, which goes on for ever: the paper's sentences round after round. */
  filler(from: number, to: number, order?: FillerOrder): Int32Array;
  /** Tokens of a round of sentences. */
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
  const pieces = sentences.map(encode);
  const period = pieces.reduce((sum, { length }) => sum + length, 0);
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
    period,
    filler(from, to, order = inOrder) {
      const begin = Math.floor(from / period);
      const rounds = Array.from({ length: Math.ceil(to / period) - begin }, (_, i) =>
        order(begin + i).flatMap((sentence) => pieces[sentence]!),
      );
      return Int32Array.from(rounds.flat().slice(from - begin * period, to - begin * period));
    },
    question: encode(question),
    answer,
    digits,
  };
}

/** Every text of the test but the keys, for a tokenizer made for it. */
export const passKeyWords = `${preamble} ${statement('')}${sentences.join('')}${question}`;

const inOrder: FillerOrder = () => [...sentences.keys()];
