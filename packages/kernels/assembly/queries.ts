/** The queries of a block whose heads share a key head: row i · group + g is head g of the group at token i. */
import { Problem } from './problem';
import { copyRows } from './rows';

/** Bytes from the start of a tensor [B, T, N, H, D] to the rows of a group. */
export function groupOffset(p: Problem): usize {
  return (p.b * p.T + p.t) * p.N * p.queryToken + ((p.head * p.group * p.D) << 2);
}

/** Brings the rows of a group into working memory. */
export function gather(to: usize, from: usize, p: Problem, factor: f32): void {
  for (let i = 0; i < p.N; i++) {
    copyRows(to, p.headPitch, from, p.D << 2, p.group, p.D, factor);
    to += p.group * p.headPitch;
    from += p.queryToken;
  }
}

/** Puts the rows of a group back where they belong. */
export function scatter(to: usize, from: usize, p: Problem, factor: f32): void {
  for (let i = 0; i < p.N; i++) {
    copyRows(to, p.D << 2, from, p.headPitch, p.group, p.D, factor);
    to += p.queryToken;
    from += p.group * p.headPitch;
  }
}
