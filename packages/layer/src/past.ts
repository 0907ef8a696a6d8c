/** What a layer keeps of the tokens that it has read: the log, the memory segments in it, and sinks. */
import type { BlockAttention, KeysValues, MemorySegments } from '@famjs/kernels';
import { appendRows, type RowLog } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import { rotate } from './block.ts';
import type { FamConfig } from './config.ts';
import type { Rotations } from './positions.ts';
import { type FamState, type LayerState, logged, type Past, type Row, rowsOf } from './state.ts';

/** Where a call finds what was read before it. */
export interface Standing {
  config: FamConfig;
  rows: readonly Row[];
  /** The row of the log at which the open block begins. */
  own: number;
  rotations: Rotations;
}

/** int32 [B]: how many of so many segments a row may see, and one more where its sinks come in. */
export const visibleOf = (rows: readonly Row[], segments: number) =>
  tf.tensor1d(
    rows.map(({ blocks }) => Math.min(blocks, segments + 1)),
    'int32',
  );

/** What lies before the blocks of a scan: memory segments as far as any of its blocks sees them, and sinks. */
export function seenBefore(
  { config, rows, own, rotations }: Standing,
  { past, sinks }: LayerState,
  read: KeysValues,
  T: number,
): Pick<BlockAttention, 'memory' | 'sinks' | 'visible'> {
  const { blockSize: C, memorySegments: m, sinks: n } = config;
  const held = Math.min(m, own / C);
  const segments = Math.min(m, held + T - 1);
  const inSegments = (log: tf.Tensor | undefined, blocks: tf.Tensor) => {
    const [B, , ...heads] = blocks.shape as [number, number, number, number];
    const missing = segments > held ? [tf.zeros([B, (segments - held) * C, ...heads])] : [];
    const there = held > 0 ? [rowsOf(log!, own - held * C, own)] : [];
    return tf.reshape(tf.concat([...missing, ...there], 1), [B, segments, C, ...heads]);
  };
  const memory: MemorySegments | undefined =
    segments > 0
      ? {
          k: inSegments(past?.k.tensor, read.k),
          v: inSegments(past?.v.tensor, read.v),
          rotation: rotations.segments(segments),
        }
      : undefined;
  const seesSinks = n > 0 && rows.some(({ blocks }) => blocks + T - 1 > m);
  return {
    memory,
    sinks: seesSinks ? keptSinks({ config, rows, rotations }, sinks, read) : undefined,
    visible: memory || n > 0 ? visibleOf(rows, segments) : undefined,
  };
}

/** The sinks after a block was read: those of the state, and in rows that begin their text its first tokens. */
export function keptSinks(
  { config, rows, rotations }: Omit<Standing, 'own'>,
  held: KeysValues | undefined,
  read: KeysValues,
): KeysValues | undefined {
  const { sinks: n } = config;
  if (n === 0) return undefined;
  const begin = rows.map(({ blocks }) => blocks === 0);
  if (!begin.includes(true)) return held;
  const first = {
    k: rotate(rowsOf(read.k, 0, n), rotations.sinks(), true),
    v: rowsOf(read.v, 0, n),
  };
  if (!held || !begin.includes(false)) return first;
  const mask = tf.tensor4d(begin.map(Number), [rows.length, 1, 1, 1]);
  const mixed = (old: tf.Tensor, own: tf.Tensor) => tf.add(old, tf.mul(tf.sub(own, old), mask));
  return { k: mixed(held.k, first.k), v: mixed(held.v, first.v) };
}

/** The log with rows appended, of which there are never more than `most`. */
export const appended = (past: Past | undefined, read: KeysValues, at: number, most: number): Past => ({
  k: appendRows(past?.k, read.k, at, most),
  v: appendRows(past?.v, read.v, at, most),
});

/** Rows of a log before it is cut to what counts: the visible blocks and the open one. */
export const capacityOf = ({ blockSize: C, memorySegments: m }: FamConfig) => (m + 1) * C;

/** The log after T blocks that were read at once: the visible blocks and nothing else. */
export function following(
  { config, own }: Standing,
  past: Past | undefined,
  read: KeysValues,
  T: number,
): Past | undefined {
  const { blockSize: C, memorySegments: m } = config;
  if (m === 0) return undefined;
  const fresh = Math.min(T, m);
  const old = Math.min(m - fresh, own / C);
  const joined = (log: tf.Tensor | undefined, run: tf.Tensor) => {
    const parts = [
      ...(old > 0 ? [rowsOf(log!, own - old * C, own)] : []),
      rowsOf(run, (T - fresh) * C, T * C),
    ];
    return parts.length > 1 ? tf.concat(parts, 1) : parts[0]!;
  };
  return logged({ k: joined(past?.k.tensor, read.k), v: joined(past?.v.tensor, read.v) });
}

/** Rows that the blocks before the open one take in a log that holds nothing but what is seen. */
export const heldRows = ({ blockSize: C, memorySegments: m }: FamConfig, own: number) => Math.min(own, m * C);

/** The state with its logs cut to what counts, where the next block would not fit. */
export function trimmed(config: FamConfig, state: FamState): FamState {
  if (config.memorySegments > 0 && state.own + config.blockSize <= capacityOf(config)) return state;
  const own = heldRows(config, state.own);
  const kept = ({ tensor }: RowLog) => rowsOf(tensor, state.own - own, state.own);
  const cut = (log: Past | undefined) =>
    log && own > 0 ? logged({ k: kept(log.k), v: kept(log.v) }) : undefined;
  const layers = state.layers.map((held) => ({ ...held, past: cut(held.past), outputs: cut(held.outputs) }));
  return { ...state, own, layers };
}
