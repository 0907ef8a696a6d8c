/** What the queries of a block see: the keys and values of FAM, of memory segments and of their own block. */
import { Problem } from './problem';

@unmanaged
export class Segment {
  /** Number of keys; query i sees those before reach + i. */
  length: i32;
  reach: i32;
  /** How many blocks back it lies. */
  back: i32;
  k: usize;
  v: usize;
  dk: usize;
  dv: usize;
}

/** Every block has so many segments, hidden ones included: FAM, m of memory from far to near, its own. */
export function segmentsOf(p: Problem): i32 {
  return p.m + 2;
}

/**
 * Points `s` at a segment of block t in row b, at one of its heads. The segment s blocks back stands in place m − s + t of
 * the memory followed by the blocks of the call.
 *
 * @returns whether the block sees it
 */
export function locate(s: Segment, p: Problem, b: i32, t: i32, head: i32, index: i32): bool {
  if (index == 0) {
    if (p.F == 0) return false;
    point(s, p, p.famK, p.famV, p.dfamK, p.dfamV, b * p.T + t, p.F, head);
    return true;
  }
  const back = p.m + 1 - index;
  if (back <= t) {
    point(s, p, p.k, p.v, p.dk, p.dv, b * p.T + t - back, p.M, head);
    if (back == 0) s.reach = p.reach;
  } else {
    if (back - t > load<i32>(p.visible + (b << 2))) return false;
    point(s, p, p.memoryK, p.memoryV, p.dmemoryK, p.dmemoryV, b * p.m + p.m - back + t, p.C, head);
  }
  s.back = back;
  return true;
}

/** At block number `block` of tensors [..., length, Hkv, D], which all queries see in full. */
function point(
  s: Segment, p: Problem,
  k: usize, v: usize, dk: usize, dv: usize,
  block: i32, length: i32, head: i32,
): void {
  const offset = (block as usize) * (length as usize) * p.keyToken + ((head * p.D) << 2);
  s.length = length;
  s.reach = length;
  s.back = 0;
  s.k = k + offset;
  s.v = v + offset;
  s.dk = dk + offset;
  s.dv = dv + offset;
}
