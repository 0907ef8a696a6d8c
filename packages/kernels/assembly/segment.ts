/** What a block sees: the keys and values of FAM, of memory segments and of itself, one behind the other. */
import { Problem } from './problem';

/** Keys of one block, as one of its heads has them. */
@unmanaged
export class Segment {
  length: i32;
  /** How many blocks back it lies. */
  back: i32;
  k: usize;
  v: usize;
  dk: usize;
  dv: usize;
}

/** Every block has so many segments, hidden ones included: FAM, m of memory from far to near, itself. */
export function segmentsOf(p: Problem): i32 {
  return p.m + 2;
}

/** Turns to block t of row b and a head of its keys. */
export function enter(p: Problem, b: i32, t: i32, head: i32): void {
  p.b = b;
  p.t = t;
  p.head = head;
  p.before = 0;
  for (let index = 0; index < segmentsOf(p) - 1; index++) {
    if (locate(p, index)) p.before += p.segment.length;
  }
  p.length = p.before + min(p.M, p.reach + p.N - 1);
}

/**
 * Finds a segment of the block. The one s blocks back stands in place m − s + t of the memory followed by the blocks of
 * the call.
 *
 * @returns whether the block sees it
 */
export function locate(p: Problem, index: i32): bool {
  const back = index > 0 ? p.m + 1 - index : 0;
  p.segment.back = back;
  if (index == 0) {
    point(p, p.F, p.b * p.T + p.t, p.famK, p.famV, p.dfamK, p.dfamV);
  } else if (back <= p.t) {
    point(p, p.M, p.b * p.T + p.t - back, p.k, p.v, p.dk, p.dv);
  } else {
    if (back - p.t > load<i32>(p.visible + (p.b << 2))) return false;
    point(p, p.C, p.b * p.m + p.m - back + p.t, p.memoryK, p.memoryV, p.dmemoryK, p.dmemoryV);
  }
  return true;
}

/** At block number `block` of tensors [..., length, Hkv, D]. */
function point(p: Problem, length: i32, block: i32, k: usize, v: usize, dk: usize, dv: usize): void {
  const offset = block * length * p.keyToken + ((p.head * p.D) << 2);
  const segment = p.segment;
  segment.length = length;
  segment.k = k + offset;
  segment.v = v + offset;
  segment.dk = dk + offset;
  segment.dv = dv + offset;
}
