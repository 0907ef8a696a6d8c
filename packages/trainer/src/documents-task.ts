/**
 * Long documents as a source of batches: each row reads one after another from its first token to its last, and its memory goes on
 * from step to step until the document ends (spec.md, "Stateful documents").
 */
import { ConfigError, require } from '@famjs/backends';
import { stream } from '@famjs/zoo';
import { type Task, targetList } from './batch.ts';
import { aboutDocuments } from './data/about-documents.ts';
import type { Document } from './data/document.ts';
import { sourceOf, type TokenSource } from './data/token-source.ts';

export interface DocumentsOptions {
  /** B: documents that are read side by side; 8 unless given. */
  rows?: number;
  /** S: tokens of a document that a step reads, in whole blocks; 512 unless given. */
  length?: number;
  /** What stands behind the last token of a document until the step ends, and weighs nothing. */
  end: number;
}

/**
 * Every document comes once a round, each round in another order; a lane takes the next one when its own has ended. Where all lanes
 * stand at a step follows from the step alone, so a run goes on at the very token.
 *
 * @throws ConfigError when there are no documents with something to predict, or the numbers are none
 */
export function documentsTask(documents: readonly Document[] | TokenSource, options: DocumentsOptions): Task {
  const { rows = 8, length = 512, end } = options;
  const source = sourceOf(documents);
  const usable = Uint32Array.from({ length: source.documents }, (_, index) => index).filter(
    (index) => source.lengthOf(index) > 1,
  );
  require([rows, length].every((count) => Number.isSafeInteger(count) && count > 0) &&
    usable.length > 0, ConfigError, () => ({
    wrong: `${rows} rows of ${length} tokens were asked of ${usable.length} documents of two tokens and more.`,
    expected: 'whole numbers above 0, and at least one document.',
    remedy: 'correct the numbers, or train on other texts.',
  }));
  /** The last token is only predicted. */
  const stepsOf = (document: number) => Math.ceil((source.lengthOf(document) - 1) / length);

  let lanes: { seed: number; all: Lane[] } | undefined;
  function lanesOf(seed: number): Lane[] {
    if (lanes?.seed !== seed) {
      const order = endlessOrder(usable, seed);
      lanes = {
        seed,
        all: Array.from({ length: rows }, (_, row) => laneOf((nth) => order(row + nth * rows), stepsOf)),
      };
    }
    return lanes.all;
  }

  return {
    about: { name: 'documents', ...aboutDocuments(source), rows, length, end },
    async batch(step, seed) {
      const places = lanesOf(seed).map((lane) => lane(step));
      const parts = await Promise.all(
        places.map(({ document, steps }) => {
          const from = steps * length;
          return source.read(document, from, Math.min(from + length + 1, source.lengthOf(document)));
        }),
      );
      const tokens = new Int32Array(rows * length).fill(end);
      const { add, targets } = targetList();
      for (const [row, part] of parts.entries()) {
        for (let at = 0; at < part.tokens.length - 1; at++) {
          const place = row * length + at;
          tokens[place] = part.tokens[at]!;
          add(place, part.tokens[at + 1]!, part.weights?.[at + 1] ?? 1);
        }
      }
      const continues = places.map(({ steps }) => steps > 0);
      return { rows, length, tokens, targets: targets(), continues };
    },
  };
}

/** Where the lane stands at a step: in which document, and how many steps after its beginning. */
type Lane = (step: number) => { document: number; steps: number };

/** Walks on from where it was asked last, and from its beginning where it is asked for an earlier step. */
function laneOf(documentAt: (nth: number) => number, stepsOf: (document: number) => number): Lane {
  const first = () => ({ nth: 0, begins: 0, document: documentAt(0) });
  let open = first();
  return (step) => {
    if (step < open.begins) open = first();
    for (;;) {
      const ends = open.begins + stepsOf(open.document);
      if (step < ends) return { document: open.document, steps: step - open.begins };
      open = { nth: open.nth + 1, begins: ends, document: documentAt(open.nth + 1) };
    }
  };
}

/** Lanes stand in one round or two, mostly: more orders are made again when they are asked for. */
const ROUNDS = 2;

/** The documents, shuffled, round after round. */
function endlessOrder(documents: Uint32Array, seed: number): (index: number) => number {
  const rounds = new Map<number, Uint32Array>();
  return (index) => {
    const round = Math.floor(index / documents.length);
    let order = rounds.get(round);
    if (!order) {
      order = documents.slice();
      const random = stream(seed, 'data', 'documents', round);
      for (let i = order.length - 1; i > 0; i--) {
        const other = random.below(i + 1);
        [order[i], order[other]] = [order[other]!, order[i]!];
      }
      if (rounds.size === ROUNDS) rounds.delete(rounds.keys().next().value!);
      rounds.set(round, order);
    }
    return order[index % documents.length]!;
  };
}
