/** Attention in one pass over the keys with a running maximum (online softmax; Dao et al., FlashAttention, 2022). */
import { exp4, log } from './exponential';
import { Problem, TILE_KEYS, TILE_ROWS } from './problem';
import { multiply } from './products';
import { addTurned, gather, groupOffset } from './queries';
import { copyRows, transpose } from './rows';
import { clearRows, firstRowThatSees, hide, seenBy } from './tiles';
import { locate, Segment, segmentsOf } from './segment';

/** Writes value [B, T, N, H, D] and logSumExp [B, T, N, H]. */
export function forward(p: Problem, value: usize, logSumExp: usize): void {
  const segment = p.segment;
  for (let b = 0; b < p.B; b++) {
    for (let t = 0; t < p.T; t++) {
      for (let head = 0; head < p.Hkv; head++) {
        const group = groupOffset(p, b, t, head);
        begin(p, p.q + group);
        for (let index = 0; index < segmentsOf(p); index++) {
          if (locate(segment, p, b, t, head, index)) attend(p, segment);
        }
        finish(p, value + group, logSumExp + group / p.D);
      }
    }
  }
}

function begin(p: Problem, q: usize): void {
  gather(p.queries, q, p, p.scale);
  memory.fill(p.sums, 0, p.rows * p.headPitch);
  for (let row = 0; row < p.rows; row++) {
    store<f32>(p.level + (row << 2), -f32.POSITIVE_INFINITY);
    store<f32>(p.total + (row << 2), 0);
  }
}
