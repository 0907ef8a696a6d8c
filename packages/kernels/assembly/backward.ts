/** The gradients of attention: weights are made again from the log-sum-exp, tile by tile, and never kept. */
import { Problem, TILE_KEYS, TILE_ROWS } from './problem';
import { multiply } from './products';
import { gather, groupOffset, scatter } from './queries';
import { copyRows, transpose } from './rows';
import { enter } from './segment';
import { bringTile, firstRow, hide, returnTile, seenByAny } from './tile';
import { exp4, sumOf } from './vector';

/**
 * Writes the gradients from those of the value, `dy`. A block's keys are its own and later the memory of others: their
 * gradients add up over all that see them.
 */
export function backward(p: Problem, value: usize, logSumExp: usize, dy: usize): void {
  clearKeyGradients(p);
  for (let b = 0; b < p.B; b++) {
    for (let t = 0; t < p.T; t++) {
      for (let head = 0; head < p.Hkv; head++) {
        enter(p, b, t, head);
        const group = groupOffset(p);
        begin(p, p.q + group, value + group, logSumExp + group / p.D, dy + group);
        for (let first = 0; first < p.length; first += TILE_KEYS) attend(p, first, min(TILE_KEYS, p.length - first));
        scatter(p.dq + group, p.sums, p, p.scale);
      }
    }
  }
}

function clearKeyGradients(p: Problem): void {
  const own = p.B * p.T * p.M * p.keyToken;
  const fam = p.B * p.T * p.F * p.keyToken;
  const past = p.B * p.m * p.C * p.keyToken;
  memory.fill(p.dk, 0, own);
  memory.fill(p.dv, 0, own);
  memory.fill(p.dfamK, 0, fam);
  memory.fill(p.dfamV, 0, fam);
  memory.fill(p.dmemoryK, 0, past);
  memory.fill(p.dmemoryV, 0, past);
}

function begin(p: Problem, q: usize, value: usize, logSumExp: usize, dy: usize): void {
  gather(p.queries, q, p, p.scale);
  gather(p.upstream, dy, p, 1);
  transpose(p.queryColumns, p.rowPitch, p.queries, p.headPitch, p.rows, p.D);
  transpose(p.upstreamColumns, p.rowPitch, p.upstream, p.headPitch, p.rows, p.D);
  gather(p.sums, value, p, 1);
  for (let row = 0; row < p.rows; row++) {
    const at = row * p.headPitch;
    store<f32>(p.total + (row << 2), dot(p.upstream + at, p.sums + at, p.D));
  }
  memory.fill(p.sums, 0, p.rows * p.headPitch);
  copyRows(p.level, p.group << 2, logSumExp, p.H << 2, p.N, p.group, 1);
}

/** Σ x · y over a row, whose spare places hold zeros. */
function dot(x: usize, y: usize, width: i32): f32 {
  let sums = f32x4.splat(0);
  for (let at = 0; at < width << 2; at += 16) sums = f32x4.add(sums, f32x4.mul(v128.load(x + at), v128.load(y + at)));
  return sumOf(sums);
}

/** Adds up the gradients that a tile of keys and the queries that see it bring each other. */
function attend(p: Problem, first: i32, keys: i32): void {
  bringTile(p, first, keys);
  memory.fill(p.keySums, 0, keys * p.headPitch);
  memory.fill(p.valueSums, 0, keys * p.headPitch);
  for (let row = firstRow(p, first); row < p.rows; row += TILE_ROWS) {
    const rows = min(TILE_ROWS, p.rows - row);
    const seen = seenByAny(p, row, rows, first, keys);
    const q = p.queries + row * p.headPitch;
    const dy = p.upstream + row * p.headPitch;
    const sums = p.sums + row * p.headPitch;
    const queries = p.queryColumns + (row << 2);
    const upstream = p.upstreamColumns + (row << 2);
    multiply(p.weights, p.tilePitch, p.keys, p.headPitch, 4, queries, p.rowPitch, seen, rows, p.D, false);
    multiply(p.slopes, p.tilePitch, p.values, p.headPitch, 4, upstream, p.rowPitch, seen, rows, p.D, false);
    hide(p, row, rows, first, seen);
    weigh(p, row, rows, seen);
    multiply(p.valueSums, p.headPitch, p.weights, p.tilePitch, 4, dy, p.headPitch, seen, p.D, rows, true);
    multiply(p.keySums, p.headPitch, p.slopes, p.tilePitch, 4, q, p.headPitch, seen, p.D, rows, true);
    multiply(sums, p.headPitch, p.slopes, 4, p.tilePitch, p.keys, p.headPitch, rows, p.D, seen, true);
  }
  returnTile(p, first, keys);
}

/** Scores become weights e^(score − logSumExp); dy · v becomes the gradient of the score, weight · (dy · v − dy · value). */
function weigh(p: Problem, row: i32, rows: i32, seen: i32): void {
  for (let i = 0; i < rows; i += 4) {
    const at = ((row + i) << 2) as usize;
    const level = v128.load(p.level + at);
    const mean = v128.load(p.total + at);
    let score = p.weights + (i << 2);
    let slope = p.slopes + (i << 2);
    for (let key = 0; key < seen; key++) {
      const weight = exp4(f32x4.sub(v128.load(score), level));
      v128.store(score, weight);
      v128.store(slope, f32x4.mul(weight, f32x4.sub(v128.load(slope), mean)));
      score += p.tilePitch;
      slope += p.tilePitch;
    }
  }
}
