/** A session: a model with a working memory that reads, generates and forks, in constant space over text of any length. */
import { onDevice, require, ShapeError, tidied } from '@famjs/backends';
import {
  disposeState,
  type FamState,
  forkState,
  keepState,
  type LayerWeights,
  type ReadOptions,
} from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';
import { joinWeights, logitsOf, type Model, readTokens, requireTokens, startState } from '../model.ts';

export interface SessionOptions extends Omit<ReadOptions, 'recurrence'> {
  /** B: texts read side by side, in step with each other; 1 unless given. */
  rows?: number;
  /** Whole blocks read in one scan: more are faster up to a point, and take more memory. 16 unless given. */
  blocksPerScan?: number;
}

export interface NextOptions {
  /** How many tokens to generate. */
  limit: number;
  /** Picks the token from a row's logits [V]; the most likely one unless given. */
  choose?: (logits: Float32Array) => number;
  signal?: AbortSignal;
}

export interface Session {
  readonly model: Model;
  /** The working memory as it is now. It belongs to the session: fork or save it, do not dispose of it. */
  readonly state: FamState;
  /**
   * Reads S tokens of every row. An aborted or failed call leaves the session as it was.
   *
   * @param tokens one array of S tokens for each row
   * @throws ShapeError when there are not `rows` arrays of one length ≥ 1
   * @throws TokenError when the vocabulary lacks a token
   * @throws DeviceLostError when the GPU went away, and with it model and state: read both again after `setBackend()`
   */
  read(tokens: readonly ArrayLike<number>[], signal?: AbortSignal): Promise<void>;
  /**
   * Logits [B, V] of the token after those read, row after row; undefined before the first token.
   */
  logits(): Promise<Float32Array[] | undefined>;
  /** Generates: yields the next token of every row and reads it, `limit` times. Something must have been read. */
  next(options: NextOptions): AsyncGenerator<number[]>;
  /** A session that goes on from here on its own. */
  fork(): Session;
  /** Frees the session's memory. The model stays. */
  dispose(): void;
}

/** Starts a session before the first token, or from `from`, a state that the session takes over. */
export function startSession(model: Model, options: SessionOptions = {}, from?: FamState): Session {
  const { layers, state } = tidied(() => {
    const joined = joinWeights(model);
    return {
      layers: owned(joined),
      state: keepState(from ?? startState(model, joined, options.rows ?? 1, options.origin)),
    };
  });
  return sessionOf({ model, options, layers, state, last: undefined });
}

interface Held {
  model: Model;
  options: SessionOptions;
  layers: LayerWeights[];
  state: FamState;
  /** Activations [B, d] of the last token read. */
  last: tf.Tensor | undefined;
}

/** Handles of their own on the same data, so that a session and its forks end independently. */
const owned = (layers: readonly LayerWeights[]): LayerWeights[] =>
  layers.map(
    (layer) =>
      Object.fromEntries(
        Object.entries(layer).map(([name, tensor]) => [name, tf.keep(tf.clone(tensor))]),
      ) as unknown as LayerWeights,
  );

function sessionOf(held: Held): Session {
  const { model, options, layers } = held;
  const rows = held.state.carried.size;
  const scan = (options.blocksPerScan ?? 16) * model.config.layer.blockSize;

  const readChunk = (tokens: readonly ArrayLike<number>[], from: number, to: number, state: FamState) =>
    tidied(() => {
      const flat = new Int32Array(rows * (to - from));
      tokens.forEach((row, b) => {
        for (let i = from; i < to; i++) flat[b * (to - from) + i - from] = row[i]!;
      });
      const read = readTokens(model, layers, tf.tensor2d(flat, [rows, to - from], 'int32'), state, options);
      const ends = to === tokens[0]!.length;
      const last = ends ? tf.squeeze(tf.slice(read.hidden(), [0, to - from - 1], [-1, 1]), [1]) : undefined;
      return { state: keepState(read.state), last: last && tf.keep(last) };
    });

  const session: Session = {
    model,
    get state() {
      return held.state;
    },

    async read(tokens, signal) {
      requireRows(tokens, rows);
      for (const row of tokens) requireTokens(row, model.config);
      const length = tokens[0]!.length;
      let current = held.state;
      let last: tf.Tensor | undefined;
      try {
        await onDevice(async () => {
          for (let from = 0; from < length; ) {
            signal?.throwIfAborted();
            const to = chunkEnd(from, length, current.filled, scan, model.config.layer.blockSize);
            const read = readChunk(tokens, from, to, current);
            if (current !== held.state) disposeState(current);
            ({ state: current, last } = read);
            from = to;
            await onDevice(nextTask);
          }
        });
        signal?.throwIfAborted();
      } catch (error) {
        if (current !== held.state) disposeState(current);
        last?.dispose();
        throw error;
      }
      disposeState(held.state);
      held.last?.dispose();
      held.state = current;
      held.last = last;
    },

    async logits() {
      const { last } = held;
      if (!last) return undefined;
      const logits = tf.tidy(() => logitsOf(model, last));
      try {
        const values = (await logits.data()) as Float32Array;
        const width = logits.shape[1]!;
        return Array.from({ length: rows }, (_, b) => values.slice(b * width, (b + 1) * width));
      } finally {
        logits.dispose();
      }
    },

    async *next({ limit, choose = mostLikely, signal }) {
      for (let count = 0; count < limit; count++) {
        signal?.throwIfAborted();
        const logits = await session.logits();
        require(logits, ShapeError, () => ({
          wrong: 'next() was called before anything was read.',
          expected: 'a prompt of at least one token.',
          remedy: 'call read() first.',
        }));
        const tokens = logits.map(choose);
        yield tokens;
        await session.read(
          tokens.map((token) => [token]),
          signal,
        );
      }
    },

    fork: () =>
      sessionOf({
        ...held,
        layers: owned(layers),
        state: keepState(forkState(held.state)),
        last: held.last && tf.keep(tf.clone(held.last)),
      }),

    dispose() {
      disposeState(held.state);
      held.last?.dispose();
      tf.dispose(layers as unknown as tf.TensorContainer);
    },
  };
  return session;
}

function requireRows(tokens: readonly ArrayLike<number>[], rows: number): void {
  const length = tokens[0]?.length ?? 0;
  const even = tokens.length === rows && length > 0 && tokens.every((row) => row.length === length);
  require(even, ShapeError, () => ({
    wrong: `read() got ${tokens.length} rows of ${[...new Set(tokens.map((row) => row.length))].join(', ')} tokens.`,
    expected: `${rows} rows of one length, at least 1.`,
    remedy: 'pass one array of tokens for each row of the session.',
  }));
}

/**
 * Scans start at block borders: the first chunk completes the open block, the next ones are whole scans. The block of the
 * last token is a chunk of its own, for there alone are the activations above the stack wanted.
 */
function chunkEnd(from: number, length: number, filled: number, scan: number, blockSize: number): number {
  const toBorder = filled > 0 ? blockSize - filled : scan;
  const lastBlock = length - 1 - ((filled + length - from - 1) % blockSize);
  return Math.min(from + toBorder, from < lastBlock ? lastBlock : length);
}

export function mostLikely(logits: Float32Array): number {
  return logits.reduce((best, value, token) => (value > logits[best]! ? token : best), 0);
}

/** Lets other tasks run, so that an abort signal can arrive between scans. */
const nextTask = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
