/** From place to place: reads tokens in scans of whole blocks, and says what the model expects next. */
import { NonFiniteError, onDevice, require, ShapeError, tidied } from '@famjs/backends';
import { keepState, type Schedule, type Stack } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';
import { logitsOf, type Model, readTokens } from '../model.ts';
import { disposePlace, type Place, recentTokens, rowsOf } from './place.ts';
import type { TokenStream } from './token-stream.ts';

/** What reading needs, the same for all calls of a session. */
export interface Reader {
  model: Model;
  /** The model's layers, over weights that are joined once for all sessions. @throws DisposedError when the model is gone */
  stack(): Stack;
  schedule: Schedule;
  /** Whole blocks read in one scan. */
  blocksPerScan: number;
}

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

/**
 * The place after all tokens of the streams, one a row; `place` stays as it is and the caller's.
 *
 * @throws ShapeError when the streams are not equally long, or empty
 */
export async function readOn(
  reader: Reader,
  place: Place,
  streams: readonly TokenStream[],
  { onProgress, signal }: ReadOptions & { signal: AbortSignal },
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
      const next = readChunk(reader, current, now, streams, ended);
      if (current !== place) disposePlace(current);
      current = next;
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

/** The place after the next N tokens; `ends` says that nothing comes after them. */
function readChunk(
  { model, stack, schedule }: Reader,
  place: Place,
  N: number,
  streams: readonly TokenStream[],
  ends: boolean,
): Place {
  const rows = streams.map((stream) => stream.take(N));
  const flat = new Int32Array(rows.length * N);
  rows.forEach((row, b) => {
    flat.set(row, b * N);
  });
  const { state, last } = tidied(() => {
    const tokens = tf.tensor2d(flat, [rows.length, N], 'int32');
    const read = readTokens(model, stack(), tokens, place.state, { schedule });
    const last = ends ? tf.squeeze(tf.slice(read.hidden(), [0, N - 1], [-1, 1]), [1]) : undefined;
    return { state: keepState(read.state), last: last && tf.keep(last) };
  });
  const recent = place.recent.map((before, b) =>
    [...before, ...Array.from(rows[b]!).slice(-recentTokens)].slice(-recentTokens),
  );
  return { ...place, state, last, recent };
}

/**
 * Logits of the token after those read, one [V] a row.
 *
 * @throws NonFiniteError when one is NaN
 */
export async function logitsAt(model: Model, place: Place): Promise<Float32Array[] | undefined> {
  const { last } = place;
  if (!last) return undefined;
  const logits = tf.tidy(() => logitsOf(model, last));
  try {
    const values = (await logits.data()) as Float32Array;
    require(!values.some(Number.isNaN), NonFiniteError, () => ({
      wrong: 'A logit is NaN.',
      expected: 'numbers.',
      remedy: 'look for NaN or infinity in the weights, and try another backend.',
    }));
    const width = logits.shape[1]!;
    return Array.from({ length: rowsOf(place) }, (_, b) => values.slice(b * width, (b + 1) * width));
  } finally {
    logits.dispose();
  }
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
