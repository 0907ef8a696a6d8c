/** The PassKey test of a model: many keys side by side, one stream of filler, and the question at every length asked for. */
import { type HeldModel, languageModel, stream, type Tokenizer } from '@famjs/zoo';
import { drawTestKeys } from './keys.ts';
import { type PassKeyScore, scorePassKey } from './score.ts';
import { openStream } from './stream.ts';
import { type Filler, type PassKeyText, passKeyText, shuffledFiller, textFiller } from './text.ts';

export const fillerKinds = ['periodic', 'shuffled'] as const;
export type FillerKind = (typeof fillerKinds)[number];

export interface PassKeyOptions {
  /** Filler lengths in tokens. */
  fillers: readonly number[];
  /** Keys per length, of those that are reserved for tests. */
  keys: number;
  /** Fixes the keys, and the order of shuffled filler. */
  seed: number;
  /**
   * Whether the sentences of the filler come in the paper's order, round after round, or in a random one for each key; or another
   * text in tokens, of which each key gets another place.
   */
  filler?: FillerKind | ArrayLike<number>;
  /** Read every token of filler, also those that provably change nothing; the answers are the same. */
  everyToken?: boolean;
  signal?: AbortSignal;
}

export type PassKeyEvent =
  /** `done` of `total` tokens of filler have been read by every key's row. */
  { type: 'read'; done: number; total: number } | { type: 'scored'; filler: number; score: PassKeyScore };

/** Blocks read between two progress events: one scan. */
const BLOCKS_PER_READ = 16;

/** Most keys read side by side, so that memory does not grow with their number. */
const ROWS_PER_STREAM = 128;

/**
 * Scores a model at each filler length, shortest first, as soon as its stream has come that far. Memory does not grow
 * with the length. An abort ends the stream of events with the signal's reason and frees everything.
 *
 * @throws ConfigError when more keys are asked for than are reserved for tests, or the tokenizer cannot spell them
 */
export async function* evaluatePassKey(
  model: HeldModel,
  tokenizer: Tokenizer,
  { fillers, keys: count, seed, filler: kind = 'periodic', everyToken = false, signal }: PassKeyOptions,
): AsyncGenerator<PassKeyEvent> {
  const text = passKeyText(tokenizer);
  const keys = drawTestKeys(count, seed);
  const lengths = [...new Set(fillers)].sort((a, b) => a - b);
  const total = lengths.at(-1) ?? 0;
  // Reads end at the borders of blocks, as the first stream counts them.
  const stride = BLOCKS_PER_READ * model.config.fam.blockSize;
  const headLength = text.head(keys[0]!).length;
  const places = new Map(keys.map((key, i) => [key, i]));
  const fillerOf = (key: string): Filler | undefined => {
    if (kind === 'periodic') return undefined;
    const place = places.get(key)!;
    if (typeof kind !== 'string') return textFiller(kind, stream(seed, 'filler', place).below(kind.length));
    const order = shuffledFiller(seed, 0, place);
    return (from, to) => text.filler(from, to, order);
  };
  const shared = languageModel(model);
  const streams = rowsOfStreams(keys, text).map((rows) => openStream(shared, text, rows, fillerOf));
  try {
    for (const stream of streams) await stream.readHead(signal);
    let done = 0;
    for (const filler of lengths) {
      while (done < filler) {
        if (!everyToken) for (const stream of streams) stream.skipTowards(filler);
        const to = Math.min(filler, done + stride - ((headLength + done) % stride));
        for (const stream of streams) await stream.readFiller(to, signal);
        done = to;
        yield { type: 'read', done, total };
      }
      const recalled = new Map<string, string>();
      for (const stream of streams) {
        const answers = await stream.ask(signal);
        for (const [row, key] of stream.keys.entries()) recalled.set(key, answers[row]!);
      }
      const inOrder = keys.map((key) => recalled.get(key)!);
      yield { type: 'scored', filler, score: scorePassKey(keys, inOrder) };
    }
  } finally {
    for (const stream of streams) stream.dispose();
    shared.dispose();
  }
}

/** Keys in groups that can be read side by side: their heads have one number of tokens. */
function rowsOfStreams(keys: readonly string[], text: PassKeyText): string[][] {
  const open = new Map<number, string[]>();
  const groups: string[][] = [];
  for (const key of keys) {
    const length = text.head(key).length;
    let group = open.get(length);
    if (!group || group.length === ROWS_PER_STREAM) {
      group = [];
      groups.push(group);
      open.set(length, group);
    }
    group.push(key);
  }
  return groups;
}
