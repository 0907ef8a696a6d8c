/** From place to place: reads tokens in scans of whole blocks, and says what the model expects next. */
import { NonFiniteError, onDevice, require, ShapeError, tidied } from '@famjs/backends';
import { keepState, type Schedule, type Stack } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';
import { type HeldModel, logitsOf, readTokens } from '../model.ts';
import { disposePlace, type Place, recentTokens, rowsOf } from './place.ts';
import { logProbabilitiesOf } from './scoring.ts';
import type { TokenStream } from './token-stream.ts';

/** What reading needs, the same for all calls of a session. */
export interface Reader {
  model: HeldModel;
  /** The model's layers, over weights that are joined once for all sessions. @throws DisposedError when the model is gone */
  stack(): Stack;
  schedule: Schedule;
  /** Whole blocks read in one scan. */
  blocksPerScan: number;
}

/** Tokens after which a read can be aborted and says how far it is: some seconds of a small model on a processor. */
const tokensPerScan = 1024;

/** The whole blocks of a scan unless a call says otherwise. */
export const usualScan = (blockSize: number): number =>
  Math.max(1, Math.min(16, Math.floor(tokensPerScan / blockSize)));

/** How far a read has come. */
export interface ReadProgress {
  /** Tokens of every row that were read. */
  tokens: number;
  /** Tokens there are in all; undefined for text that is still to come. */
  total: number | undefined;
}

export interface ReadOptions {
  /** Ends the call with the signal's reason and leaves the session as it was. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: ReadProgress) => void) | undefined;
}

/** Takes a run of tokens and their log-probabilities, one row's. */
export type ScoreSink = (tokens: ArrayLike<number>, logProbabilities: Float32Array) => void;

/**
 * The place after all tokens of the streams, one a row; `place` stays as it is and the caller's.
 *
 * @param onScore is told how likely the first row's tokens were, but for the first token of all
 * @throws ShapeError when the streams are not equally long, or empty
 */
export async function readOn(
  reader: Reader,
  place: Place,
  streams: readonly TokenStream[],
  { onProgress, signal, onScore }: ReadOptions & { signal: AbortSignal; onScore?: ScoreSink },
): Promise<Place> {
  const C = reader.model.config.fam.blockSize;
  let current = place;
  let tokens = 0;
  const readAll = async () => {
    for (let ended = false; !ended; ) {
      signal.throwIfAborted();
      const { filled } = current.state;
      const toBorder = filled > 0 ? C - filled : reader.blocksPerScan * C;
      const ready = await unlessAborted(fill(streams, toBorder + 1, tokens), signal);
      // The block of the last token is read on its own: there alone are the activations above the stack wanted.
      const before = ready - 1 - ((filled + ready - 1) % C);
      const now = ready > toBorder ? toBorder : before > 0 ? before : ready;
      ended = now === ready;
      const rows = streams.map((stream) => stream.take(now));
      const { next, scores } = tidied(() =>
        readChunk(reader, current, tensorOf(rows, now), ended, onScore !== undefined),
      );
      if (current !== place) disposePlace(current);
      current = withRecent(next, rows);
      onScore?.(rows[0]!, scores ? await takeValues(scores) : new Float32Array());
      tokens += now;
      await onDevice(breathe);
      onProgress?.({ tokens, total: streams[0]!.total });
    }
  };
  try {
    await onDevice(readAll);
    signal.throwIfAborted();
    return current;
  } catch (error) {
    if (current !== place) disposePlace(current);
    throw error;
  } finally {
    for (const stream of streams) stream.close();
  }
}

/** What comes of `work`, unless the signal comes first. */
async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  let stop!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Waits until every stream has `wanted` tokens ready, or all that it has left; says how many that are. */
async function fill(streams: readonly TokenStream[], wanted: number, read: number): Promise<number> {
  const ready = await Promise.all(streams.map((stream) => stream.fill(wanted)));
  require(new Set(ready).size === 1, ShapeError, () => ({
    wrong: `The rows end at different places: after ${read} tokens they go on for ${ready.join(', ')}${ready.includes(wanted) ? ' or more' : ''}.`,
    expected: 'rows of one length in tokens, for they are read in step.',
    remedy: 'make them equally long, or read them in sessions of their own.',
  }));
  require(ready[0]! > 0, ShapeError, () => ({
    wrong: 'There is nothing to read.',
    expected: 'at least one token.',
    remedy: 'leave the call out, or look where the text was lost.',
  }));
  return ready[0]!;
}

/** Tokens int32 [B, N]. */
function tensorOf(rows: readonly ArrayLike<number>[], N: number): tf.Tensor {
  const flat = new Int32Array(rows.length * N);
  rows.forEach((row, b) => {
    flat.set(row, b * N);
  });
  return tf.tensor2d(flat, [rows.length, N], 'int32');
}

/** The place with the tokens of every row that led to it. */
export function withRecent(place: Place, rows: readonly ArrayLike<number>[]): Place {
  const recent = place.recent.map((before, b) =>
    [...before, ...Array.from(rows[b]!).slice(-recentTokens)].slice(-recentTokens),
  );
  return { ...place, recent };
}

/** What comes of reading a chunk. */
interface ReadChunk {
  /** Its tokens are not among the `recent`. */
  next: Place;
  /** Log-probabilities of the first row's tokens, without that of a text's first. */
  scores: tf.Tensor | undefined;
}

/** Reads tokens int32 [B, N], in a tidy; `ends` says that nothing is known to come after them. */
export function readChunk(
  { model, stack, schedule }: Reader,
  place: Place,
  tokens: tf.Tensor,
  ends: boolean,
  scored: boolean,
): ReadChunk {
  const N = tokens.shape[1]!;
  const read = readTokens(model, stack(), tokens, place.state, { schedule });
  const last = ends || scored ? tf.squeeze(tf.slice(read.hidden(), [0, N - 1], [-1, 1]), [1]) : undefined;
  const scores = scored && (place.last || N > 1) ? scoresOf(model, place, read.hidden(), tokens) : undefined;
  return {
    next: { ...place, state: keepState(read.state), last: last && tf.keep(last) },
    scores: scores && tf.keep(scores),
  };
}

/** Log-probabilities of the first row's tokens [B, N] with activations [B, N, d]; the first of a text has none. */
function scoresOf(model: HeldModel, { last }: Place, hidden: tf.Tensor, tokens: tf.Tensor): tf.Tensor {
  const [, N, d] = hidden.shape as [number, number, number];
  const before = tf.reshape(tf.slice(hidden, [0, 0, 0], [1, N - 1, d]), [N - 1, d]);
  const from = last ? tf.concat([tf.slice(last, 0, 1), before]) : before;
  const size = from.shape[0]!;
  const targets = tf.slice(tokens, [0, N - size], [1, size]);
  return logProbabilitiesOf(model, from as tf.Tensor2D, tf.reshape(targets, [size]));
}

/** The numbers of a tensor, which is then freed. @throws NonFiniteError when one is NaN */
export async function takeValues(tensor: tf.Tensor): Promise<Float32Array> {
  try {
    const values = (await tensor.data()) as Float32Array;
    require(!values.some(Number.isNaN), NonFiniteError, () => ({
      wrong: 'A logit is NaN.',
      expected: 'numbers.',
      remedy: 'look for NaN or infinity in the weights, and try another backend.',
    }));
    return values;
  } finally {
    tensor.dispose();
  }
}

/**
 * Logits of the token after those read, one [V] a row.
 *
 * @throws NonFiniteError when one is NaN
 */
export async function logitsAt(model: HeldModel, place: Place): Promise<Float32Array[] | undefined> {
  const { last } = place;
  if (!last) return undefined;
  const logits = tf.tidy(() => logitsOf(model, last));
  const width = logits.shape[1]!;
  const values = await takeValues(logits);
  return Array.from({ length: rowsOf(place) }, (_, b) => values.slice(b * width, (b + 1) * width));
}

/** Milliseconds after which other tasks get their turn. */
const turn = 8;
let breathed = 0;

/** Lets other tasks run, if they have had to wait, so that an abort signal can arrive between scans and tokens. */
async function breathe(): Promise<void> {
  if (performance.now() - breathed < turn) return;
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  breathed = performance.now();
}
