/** Attention in one pass over the keys with a running maximum (online softmax; Dao et al., FlashAttention, 2022). */
import { log } from '../../ops/assembly/exponential';
import { Problem, TILE_KEYS, TILE_ROWS } from './problem';
import { multiply } from './products';
import { gather, groupOffset, scatter } from './queries';
import { copyRows, transpose } from './rows';
import { enter } from './segment';
import { bringTile, endRowOf, firstRow, hide, nextTile, seenByAny } from './tile';
import { exp4 } from './vector';

/** A maximum before there is any score: finite, for differences from it. */
const LOWEST: f32 = -1e30;

/** Writes value [B, T, N, H, Dv] and logSumExp [B, T, N, H]. */
export function forward(p: Problem, value: usize, logSumExp: usize): void {
  for (let b = 0; b < p.B; b++) {
    for (let t = 0; t < p.T; t++) {
      for (let head = 0; head < p.Hkv; head++) {
        enter(p, b, t, head);
        begin(p, p.q + groupOffset(p, p.D));
        for (let first = nextTile(p, 0); first < p.length; first = nextTile(p, first + TILE_KEYS)) {
          attend(p, first, min(TILE_KEYS, p.length - first));
        }
        finish(p, value + groupOffset(p, p.Dv), logSumExp + groupOffset(p, 1));
      }
    }
  }
}

function begin(p: Problem, q: usize): void {
  gather(p.queries, q, p, p.D, p.scale);
  transpose(p.queryColumns, p.rowPitch, p.queries, p.headPitch, p.rows, p.D);
  memory.fill(p.sums, 0, p.rows * p.headPitch);
  memory.fill(p.total, 0, p.rows << 2);
  for (let row = 0; row < p.rows; row++) store<f32>(p.maximum + (row << 2), LOWEST);
}

/** Adds the values of a tile of keys to the sums of the queries that see it. */
function attend(p: Problem, first: i32, keys: i32): void {
  bringTile(p, first, keys);
  const end = endRowOf(p, first, keys);
  for (let row = firstRow(p, first); row < end; row += TILE_ROWS) {
    const rows = min(TILE_ROWS, p.rows - row);
    const seen = seenByAny(p, row, rows, first, keys);
    const queries = p.queryColumns + (row << 2);
    const sums = p.sums + row * p.headPitch;
    multiply(p.weights, p.tilePitch, p.keys, p.headPitch, 4, queries, p.rowPitch, seen, rows, p.D, false);
    hide(p, row, rows, first, seen);
    weigh(p, row, rows, seen);
    fade(p, row, rows);
    multiply(sums, p.headPitch, p.weights, 4, p.tilePitch, p.values, p.headPitch, rows, p.Dv, seen, true);
  }
}

/** Turns the scores of a tile into weights e^(score − maximum so far), four rows at a time. */
function weigh(p: Problem, row: i32, rows: i32, seen: i32): void {
  for (let i = 0; i < rows; i += 4) {
    const at = ((row + i) << 2) as usize;
    const scores = p.weights + (i << 2);
    const end = scores + seen * p.tilePitch;
    const before = v128.load(p.maximum + at);
    let maximum = before;
    for (let score = scores; score < end; score += p.tilePitch) maximum = f32x4.pmax(maximum, v128.load(score));
    const fading = exp4(f32x4.sub(before, maximum));
    let total = f32x4.mul(v128.load(p.total + at), fading);
    for (let score = scores; score < end; score += p.tilePitch) {
      const weight = exp4(f32x4.sub(v128.load(score), maximum));
      v128.store(score, weight);
      total = f32x4.add(total, weight);
    }
    v128.store(p.maximum + at, maximum);
    v128.store(p.total + at, total);
    v128.store(p.fading + at, fading);
  }
}

/** Brings what rows have summed so far to their new maximum. */
function fade(p: Problem, row: i32, rows: i32): void {
  for (let i = row; i < row + rows; i++) {
    const fading = load<f32>(p.fading + (i << 2));
    const sums = p.sums + i * p.headPitch;
    if (fading != 1) copyRows(sums, 0, sums, 0, 1, p.Dv, fading);
  }
}

function finish(p: Problem, value: usize, logSumExp: usize): void {
  for (let row = 0; row < p.rows; row++) {
    const total = load<f32>(p.total + (row << 2));
    const sums = p.sums + row * p.headPitch;
    copyRows(sums, 0, sums, 0, 1, p.Dv, 1 / total);
    store<f32>(p.logSumExp + (row << 2), load<f32>(p.maximum + (row << 2)) + (log(total) as f32));
  }
  scatter(value, p.sums, p, p.Dv, 1);
  copyRows(logSumExp, p.H << 2, p.logSumExp, p.group << 2, p.N, p.group, 1);
}
