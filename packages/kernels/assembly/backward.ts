/** The gradients of attention: weights are made again from the log-sum-exp, tile by tile, and never kept. */
import { Problem, TILE_KEYS, TILE_ROWS } from './problem';
import { multiply } from './products';
import { gather, groupOffset, scatter } from './queries';
import { copyRows, transpose } from './rows';
import { enter } from './segment';
import { bringTile, endRowOf, firstRow, hide, nextTile, returnTile, seenByAny } from './tile';
import { exp4, multiplyAdd, sumOf } from './vector';

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
        const wide = groupOffset(p, p.Dv);
        begin(p, p.q + groupOffset(p, p.D), value + wide, logSumExp + groupOffset(p, 1), dy + wide);
        for (let first = nextTile(p, 0); first < p.length; first = nextTile(p, first + TILE_KEYS)) {
          attend(p, first, min(TILE_KEYS, p.length - first));
        }
        scatter(p.dq + groupOffset(p, p.D), p.sums, p, p.D, p.scale);
      }
    }
  }
}

function clearKeyGradients(p: Problem): void {
  clear(p, p.dk, p.dv, p.B * p.T * p.M);
  clear(p, p.dfamK, p.dfamV, p.B * p.T * p.F);
  clear(p, p.dmemoryK, p.dmemoryV, p.B * p.m * p.C);
  clear(p, p.dsinksK, p.dsinksV, p.B * p.S);
}

function clear(p: Problem, dk: usize, dv: usize, tokens: i32): void {
  memory.fill(dk, 0, (tokens as usize) * (p.keyToken as usize));
  memory.fill(dv, 0, (tokens as usize) * (p.valueToken as usize));
}

function begin(p: Problem, q: usize, value: usize, logSumExp: usize, dy: usize): void {
  gather(p.queries, q, p, p.D, p.scale);
  gather(p.upstream, dy, p, p.Dv, 1);
  transpose(p.queryColumns, p.rowPitch, p.queries, p.headPitch, p.rows, p.D);
  transpose(p.upstreamColumns, p.rowPitch, p.upstream, p.headPitch, p.rows, p.Dv);
  memory.fill(p.sums, 0, p.rows * p.headPitch);
  gather(p.sums, value, p, p.Dv, 1);
  for (let row = 0; row < p.rows; row++) {
    const at = row * p.headPitch;
    store<f32>(p.delta + (row << 2), dot(p.upstream + at, p.sums + at, p.Dv));
  }
  memory.fill(p.sums, 0, p.rows * p.headPitch);
  copyRows(p.logSumExp, p.group << 2, logSumExp, p.H << 2, p.N, p.group, 1);
}

/** Σ x · y over a row, whose spare places hold zeros. */
function dot(x: usize, y: usize, width: i32): f32 {
  let sums = f32x4.splat(0);
  for (let at = 0; at < width << 2; at += 16) sums = multiplyAdd(v128.load(x + at), v128.load(y + at), sums);
  return sumOf(sums);
}

/** Adds up the gradients that a tile of keys and the queries that see it bring each other. */
function attend(p: Problem, first: i32, keys: i32): void {
  bringTile(p, first, keys);
  memory.fill(p.keySums, 0, keys * p.headPitch);
  memory.fill(p.valueSums, 0, keys * p.headPitch);
  const end = endRowOf(p, first, keys);
  for (let row = firstRow(p, first); row < end; row += TILE_ROWS) {
    const rows = min(TILE_ROWS, p.rows - row);
    const seen = seenByAny(p, row, rows, first, keys);
    const q = p.queries + row * p.headPitch;
    const dy = p.upstream + row * p.headPitch;
    const sums = p.sums + row * p.headPitch;
    const queries = p.queryColumns + (row << 2);
    const upstream = p.upstreamColumns + (row << 2);
    multiply(p.weights, p.tilePitch, p.keys, p.headPitch, 4, queries, p.rowPitch, seen, rows, p.D, false);
    multiply(p.dS, p.tilePitch, p.values, p.headPitch, 4, upstream, p.rowPitch, seen, rows, p.Dv, false);
    hide(p, row, rows, first, seen);
    weigh(p, row, rows, seen);
    multiply(p.valueSums, p.headPitch, p.weights, p.tilePitch, 4, dy, p.headPitch, seen, p.Dv, rows, true);
    multiply(p.keySums, p.headPitch, p.dS, p.tilePitch, 4, q, p.headPitch, seen, p.D, rows, true);
    multiply(sums, p.headPitch, p.dS, 4, p.tilePitch, p.keys, p.headPitch, rows, p.D, seen, true);
  }
  returnTile(p, first, keys);
}

/** Scores become weights e^(score − log-sum-exp); dy · v becomes dS, weight · (dy · v − delta). */
function weigh(p: Problem, row: i32, rows: i32, seen: i32): void {
  for (let i = 0; i < rows; i += 4) {
    const at = ((row + i) << 2) as usize;
    const logSumExp = v128.load(p.logSumExp + at);
    const delta = v128.load(p.delta + at);
    let score = p.weights + (i << 2);
    let dS = p.dS + (i << 2);
    for (let key = 0; key < seen; key++) {
      const weight = exp4(f32x4.sub(v128.load(score), logSumExp));
      v128.store(score, weight);
      v128.store(dS, f32x4.mul(weight, f32x4.sub(v128.load(dS), delta)));
      score += p.tilePitch;
      dS += p.tilePitch;
    }
  }
}
