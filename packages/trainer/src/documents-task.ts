/**
 * Long documents as a source of batches: each row reads one after another from its first token to its last, and its memory goes on
 * from step to step until the document ends (spec.md, "Stateful documents").
 */
import { ConfigError, require } from '@famjs/backends';
import { stream } from '@famjs/zoo';
import { type Task, targetList } from './batch.ts';
import { aboutDocuments, type Document } from './data/document.ts';

export interface DocumentsOptions {
  /** B: documents that are read side by side; 8 unless given. */
  rows?: number;
  /** S: tokens of a document that a step reads, in whole blocks; 512 unless given. */
  length?: number;
  /** What stands behind the last token of a document until the step ends, and weighs nothing. */
  end: number;
}

/** Where a lane stands: in which document of the endless row of them, and at which of its tokens. */
interface Place {
  document: Document;
  from: number;
}

/**
 * Every document comes once a round, each round in another order; a lane takes the next one when its own has ended. Where all lanes
 * stand at a step follows from the step alone, so a run goes on at the very token.
 *
 * @throws ConfigError when there are no documents with something to predict, or the numbers are none
 */
export function documentsTask(documents: readonly Document[], options: DocumentsOptions): Task {
  const { rows = 8, length = 512, end } = options;
  const usable = documents.filter(({ tokens }) => tokens.length > 1);
  require([rows, length].every((count) => Number.isSafeInteger(count) && count > 0) &&
    usable.length > 0, ConfigError, () => ({
    wrong: `${rows} rows of ${length} tokens were asked of ${usable.length} documents of two tokens and more.`,
    expected: 'whole numbers above 0, and at least one document.',
    remedy: 'correct the numbers, or train on other texts.',
  }));
  /** The last token is only predicted. */
  const stepsOf = ({ tokens }: Document) => Math.ceil((tokens.length - 1) / length);

  function placeOf(lane: Lane, step: number): Place {
    while (lane.ends.length === 0 || lane.ends.at(-1)! <= step) {
      const document = usable[lane.next()]!;
      lane.ends.push((lane.ends.at(-1) ?? 0) + stepsOf(document));
      lane.documents.push(document);
    }
    const index = lane.ends.findIndex((ends) => step < ends);
    return { document: lane.documents[index]!, from: (step - (lane.ends[index - 1] ?? 0)) * length };
  }

  let lanes: { seed: number; all: Lane[] } | undefined;
  function lanesOf(seed: number): Lane[] {
    if (lanes?.seed !== seed) {
      const order = endlessOrder(usable.length, seed);
      lanes = { seed, all: Array.from({ length: rows }, (_, row) => laneOf(order, row, rows)) };
    }
    return lanes.all;
  }

  return {
    about: { name: 'documents', ...aboutDocuments(documents), rows, length, end },
    batch(step, seed) {
      const tokens = new Int32Array(rows * length).fill(end);
      const { add, targets } = targetList();
      const continues = lanesOf(seed).map((lane, row) => {
        const { document, from } = placeOf(lane, step);
        const to = Math.min(from + length, document.tokens.length - 1);
        for (let at = from; at < to; at++) {
          const place = row * length + at - from;
          tokens[place] = document.tokens[at]!;
          add(place, document.tokens[at + 1]!, document.weights?.[at + 1] ?? 1);
        }
        return from > 0;
      });
      return { rows, length, tokens, targets: targets(), continues };
    },
  };
}

/** The documents of a row, as far as they have been asked for. */
interface Lane {
  next(): number;
  documents: Document[];
  /** The step with which each document has ended. */
  ends: number[];
}

function laneOf(order: (index: number) => number, row: number, rows: number): Lane {
  let index = row;
  return {
    next() {
      const document = order(index);
      index += rows;
      return document;
    },
    documents: [],
    ends: [],
  };
}

/** Whole numbers below `count`, shuffled, round after round. */
function endlessOrder(count: number, seed: number): (index: number) => number {
  const rounds = new Map<number, number[]>();
  return (index) => {
    const round = Math.floor(index / count);
    let order = rounds.get(round);
    if (!order) {
      order = Array.from({ length: count }, (_, i) => i);
      const random = stream(seed, 'data', 'documents', round);
      for (let i = count - 1; i > 0; i--) {
        const other = random.below(i + 1);
        [order[i], order[other]] = [order[other]!, order[i]!];
      }
      rounds.set(round, order);
    }
    return order[index % count]!;
  };
}
