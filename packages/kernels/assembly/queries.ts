/** The queries of a block whose heads share a key head: row i · group + g is head g of the group at token i. */
import { Problem } from './problem';
import { copyRows } from './rows';

/** Bytes from the start of a tensor [B, T, N, H, width] to the rows of a group. */
export function groupOffset(p: Problem, width: i32): usize {
  const before = (p.b * p.T + p.t) * p.N * p.H + p.head * p.group;
  return ((before as usize) * (width as usize)) << 2;
}

/** Brings the rows of a group into working memory. */
export function gather(to: usize, from: usize, p: Problem, width: i32, factor: f32): void {
  for (let i = 0; i < p.N; i++) {
    copyRows(to, p.headPitch, from, width << 2, p.group, width, factor);
    to += p.group * p.headPitch;
    from += (p.H * width) << 2;
  }
}

/** Puts the rows of a group back where they belong. */
export function scatter(to: usize, from: usize, p: Problem, width: i32, factor: f32): void {
  for (let i = 0; i < p.N; i++) {
    copyRows(to, width << 2, from, p.headPitch, p.group, width, factor);
    to += (p.H * width) << 2;
    from += p.group * p.headPitch;
  }
}
