/** Attention in one pass over the keys with a running maximum (online softmax; Dao et al., FlashAttention, 2022). */
import { Problem, TILE_KEYS, TILE_ROWS } from './problem';
import { multiply } from './products';
import { gather, groupOffset, scatter } from './queries';
import { copyRows, transpose } from './rows';
import { enter } from './segment';
import { bringTile, firstRow, hide, seenBy } from './tile';
import { exp4, log, sumOf } from './vector';

/** Writes value [B, T, N, H, D] and logSumExp [B, T, N, H]. */
export function forward(p: Problem, value: usize, logSumExp: usize): void {
  for (let b = 0; b < p.B; b++) {
    for (let t = 0; t < p.T; t++) {
      for (let head = 0; head < p.Hkv; head++) {
        enter(p, b, t, head);
        const group = groupOffset(p);
        begin(p, p.q + group);
        for (let first = 0; first < p.length; first += TILE_KEYS) attend(p, first, min(TILE_KEYS, p.length - first));
        finish(p, value + group, logSumExp + group / p.D);
      }
    }
  }
}

function begin(p: Problem, q: usize): void {
  gather(p.queries, q, p, p.scale);
  memory.fill(p.sums, 0, p.rows * p.headPitch);
  memory.fill(p.total, 0, p.rows << 2);
  for (let row = 0; row < p.rows; row++) store<f32>(p.level + (row << 2), -f32.POSITIVE_INFINITY);
}

/** Adds the values of a tile of keys to the sums of the queries that see it. */
function attend(p: Problem, first: i32, keys: i32): void {
  bringTile(p, first, keys);
  transpose(p.keyColumns, p.tilePitch, p.keyRows, p.headPitch, keys, p.D);
  for (let row = firstRow(p, first); row < p.rows; row += TILE_ROWS) {
    const rows = min(TILE_ROWS, p.rows - row);
    const seen = seenBy(p, row + rows - 1, first, keys);
    const at = row * p.headPitch;
    multiply(p.weights, p.tilePitch, p.queries + at, p.headPitch, 4, p.keyColumns, p.tilePitch, rows, seen, p.D, false);
    for (let i = 0; i < rows; i++) {
      const scores = p.weights + i * p.tilePitch;
      hide(scores, seenBy(p, row + i, first, keys), seen);
      weigh(p, row + i, scores, seen);
    }
    multiply(p.sums + at, p.headPitch, p.weights, p.tilePitch, 4, p.valueRows, p.headPitch, rows, p.D, seen, true);
  }
}

/** Turns a row's scores of a tile into weights e^(score − maximum), and what it has summed so far to the new maximum. */
function weigh(p: Problem, row: i32, scores: usize, seen: i32): void {
  const end = scores + (seen << 2);
  const levelAt = p.level + (row << 2);
  const totalAt = p.total + (row << 2);
  const before = load<f32>(levelAt);
  let highest = f32x4.splat(before);
  for (let at = scores; at < end; at += 16) highest = f32x4.max(highest, v128.load(at));
  const level = max(
    max(f32x4.extract_lane(highest, 0), f32x4.extract_lane(highest, 1)),
    max(f32x4.extract_lane(highest, 2), f32x4.extract_lane(highest, 3)),
  );
  const levels = f32x4.splat(level);
  let weights = f32x4.splat(0);
  for (let at = scores; at < end; at += 16) {
    const weight = exp4(f32x4.sub(v128.load(at), levels));
    v128.store(at, weight);
    weights = f32x4.add(weights, weight);
  }
  const fading = f32x4.extract_lane(exp4(f32x4.splat(before - level)), 0);
  if (fading != 1) {
    const sums = p.sums + row * p.headPitch;
    copyRows(sums, 0, sums, 0, 1, p.D, fading);
  }
  store<f32>(levelAt, level);
  store<f32>(totalAt, load<f32>(totalAt) * fading + sumOf(weights));
}

function finish(p: Problem, value: usize, logSumExp: usize): void {
  for (let row = 0; row < p.rows; row++) {
    const total = load<f32>(p.total + (row << 2));
    const sums = p.sums + row * p.headPitch;
    copyRows(sums, 0, sums, 0, 1, p.D, 1 / total);
    store<f32>(p.level + (row << 2), load<f32>(p.level + (row << 2)) + log(total));
  }
  scatter(value, p.sums, p, 1);
  for (let i = 0; i < p.N; i++) {
    memory.copy(logSumExp + ((i * p.H) << 2), p.level + ((i * p.group) << 2), p.group << 2);
  }
}
