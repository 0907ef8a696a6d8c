/** The PassKey test as a source of training batches. */
import { ConfigError, require } from '@famjs/backends';
import { type Batch, type Targets, type Task, type TokenSource, targetList } from '@famjs/trainer';
import { hashOf, type Random, stream } from '@famjs/zoo';
import { drawTrainingKey } from './keys.ts';
import { type PassKeyText, shuffledFiller } from './text.ts';

/** Steps of training on texts of similar length. */
export interface PassKeyStage {
  steps: number;
  /** Whole blocks of a text, drawn log-uniformly between the two. */
  blocks: readonly [least: number, most: number];
  /** Tokens of a block; the model's unless given. Fewer are more updates of FAM for as many tokens. */
  blockSize?: number | undefined;
  /** Blocks per batch: there are as many rows as they allow, within `rows`. */
  blocksPerBatch: number;
  rows: readonly [least: number, most: number];
}

/** A task whose batches are there at once. */
export interface PassKeyTask extends Task {
  batch(step: number, seed: number): Batch;
}

export interface PassKeyTaskOptions {
  /** Loss weight of the key's second mention in the head, which teaches to bind a key, beside 1 for the answer; 1 unless given. */
  secondMention?: number;
  /** Texts in tokens, each the only document of its source. In half of the rows, where there are any, the filler is a part of one of them. */
  books?: readonly TokenSource[];
  /** Loss weight of what the books say, all of it together, beside 1 for the answers: it keeps a model's language; 0 unless given. */
  language?: number;
}

/**
 * Texts of whole blocks: the head, filler, the question with its answer within the last block and a half, so that it
 * falls anywhere, across the border of two blocks too, and filler to the end. The answer and the key's second mention are
 * to be predicted.
 *
 * @param ofModel tokens of a block, where a stage has no others
 * @throws ConfigError for books that are no documents with tokens
 */
export function passKeyTask(
  text: PassKeyText,
  ofModel: number,
  stages: readonly PassKeyStage[],
  options?: Omit<PassKeyTaskOptions, 'books'>,
): PassKeyTask;
export function passKeyTask(
  text: PassKeyText,
  ofModel: number,
  stages: readonly PassKeyStage[],
  options: PassKeyTaskOptions,
): Task;
export function passKeyTask(
  text: PassKeyText,
  ofModel: number,
  stages: readonly PassKeyStage[],
  { secondMention = 1, books = [], language = 0 }: PassKeyTaskOptions = {},
): Task {
  require(books.every((book) => book.documents === 1 && book.lengthOf(0) > 0), ConfigError, () => ({
    wrong: 'A book has no tokens, or more documents than one.',
    expected: 'one document with tokens as the source of each book.',
    remedy: 'join its documents (`packed`), or leave it out.',
  }));
  const tokens = hashOf(JSON.stringify(probesOf(text)));
  return {
    about: {
      ...{ name: 'passkey', tokens, blockSize: ofModel, stages },
      // Checkpoints from before there were these go on.
      ...(secondMention !== 1 && { secondMention }),
      ...(books.length > 0 && { books: books.map((book) => book.hashesOf(0)[0]) }),
      ...(language !== 0 && { language }),
    },
    batch(step, seed) {
      const random = stream(seed, 'data', step);
      const stage = stageOf(stages, step);
      const blocks = logUniform(stage.blocks, random);
      const { blockSize = ofModel } = stage;
      const fitting = Math.floor(stage.blocksPerBatch / blocks);
      const rows = Math.max(stage.rows[0], Math.min(stage.rows[1], fitting));
      const shape = { rows, length: blocks * blockSize, blockSize, secondMention, language };
      const withBooks = (ofBooks: readonly (Int32Array | undefined)[]) =>
        batchOf(text, shape, random, (row) => {
          const filler = ofBooks[row];
          if (filler) return { filler, isBook: true };
          // Filler that starts anywhere in its period, as it does in a text that goes on after an earlier question; in half of
          // the texts it has no period.
          const phase = random.below(1 << 16);
          const order = random.below(2) === 0 ? shuffledFiller(seed, step, row) : undefined;
          return { filler: text.filler(phase, phase + shape.length, order), isBook: false };
        });
      if (books.length === 0) return withBooks([]);
      const ofBooks = Array.from({ length: rows }, (_, row) => {
        const isBook = stream(seed, 'filler', step, row).below(2) === 0;
        return isBook
          ? bookFiller(books, shape.length, stream(seed, 'filler', step, row, 'book'))
          : undefined;
      });
      return Promise.all(ofBooks).then(withBooks);
    },
  };
}

/** A part of a book from anywhere in it, which begins anew where it ends. */
async function bookFiller(
  books: readonly TokenSource[],
  length: number,
  random: Random,
): Promise<Int32Array> {
  const book = books[random.below(books.length)]!;
  const all = book.lengthOf(0);
  const filler = new Int32Array(length);
  let from = random.below(all);
  for (let at = 0; at < length; from = 0) {
    const { tokens } = await book.read(0, from, Math.min(all, from + length - at));
    filler.set(tokens, at);
    at += tokens.length;
  }
  return filler;
}

/** Tokens that tell texts of different tokenizers apart. */
function probesOf(text: PassKeyText): number[][] {
  return [text.head('01234'), text.head('56789'), [...text.filler(0, text.period)], [...text.question]];
}

function stageOf(stages: readonly PassKeyStage[], step: number): PassKeyStage {
  let begin = 0;
  for (const stage of stages) {
    if (step < begin + stage.steps) return stage;
    begin += stage.steps;
  }
  return stages.at(-1)!;
}

/** A whole number whose logarithm is uniform. */
function logUniform([least, most]: readonly [number, number], random: Random): number {
  const [low, high] = [Math.log(least - 0.49), Math.log(most + 0.49)];
  return Math.round(Math.exp(low + (high - low) * random.uniform()));
}

interface Shape {
  rows: number;
  length: number;
  blockSize: number;
  secondMention: number;
  language: number;
}

function batchOf(
  text: PassKeyText,
  { rows, length, blockSize, secondMention, language }: Shape,
  random: Random,
  fillerOf: (row: number) => { filler: Int32Array; isBook: boolean },
): Batch {
  const tokens = new Int32Array(rows * length);
  const { add, targets } = targetList();
  /** The targets that are the answer of each row. */
  const answers: number[][] = [];
  /** Places whose next token a book says. */
  const foretold: number[] = [];
  for (let row = 0; row < rows; row++) {
    const key = drawTrainingKey(random);
    const [head, answer] = [text.head(key), text.answer(key)];
    const asked = text.question.length + answer.length;
    const latest = length - asked;
    const question = latest - random.below(Math.min(blockSize, latest - head.length + 1));
    const begin = row * length;
    const { filler, isBook } = fillerOf(row);
    tokens.set(filler, begin);
    tokens.set(head, begin);
    tokens.set(text.question, begin + question);
    tokens.set(answer, begin + question + text.question.length);

    const weight = 1 / (rows * answer.length);
    const { from } = text.secondMention(key);
    answer.forEach((_, digit) => {
      add(begin + from + digit - 1, head[from + digit]!, secondMention * weight);
    });
    answers.push(
      answer.map((token, digit) => add(begin + question + text.question.length + digit - 1, token, weight)),
    );
    if (!isBook || language === 0) continue;
    const isFiller = (at: number) =>
      (at >= head.length && at < question) || (at >= question + asked && at < length);
    for (let at = head.length; at < length; at++) {
      if (isFiller(at) && isFiller(at + 1)) foretold.push(begin + at);
    }
  }
  for (const place of foretold) add(place, tokens[place + 1]!, language / foretold.length);
  const chosen = targets();
  return {
    ...{ rows, length, blockSize, tokens },
    targets: chosen,
    score: (predicted) => scoresOf(answers, chosen, predicted),
  };
}

/** Shares of the answers' digits, and of whole answers, that were predicted right. */
function scoresOf(answers: readonly number[][], { labels }: Targets, predicted: Int32Array) {
  const right = (target: number) => predicted[target] === labels[target];
  const all = answers.flat();
  return {
    digits: all.filter(right).length / all.length,
    keys: answers.filter((answer) => answer.every(right)).length / answers.length,
  };
}
