/** What a block sees: the keys and values of FAM, sinks, memory segments and itself, one behind the other. */
import { Problem } from './problem';

/** Keys of one block, as one of its heads has them. */
@unmanaged
export class Segment {
  length: i32;
  /** How many blocks back it lies, and its keys are to be rotated. */
  back: i32;
  k: usize;
  v: usize;
  dk: usize;
  dv: usize;
}

/** Every block has so many segments, hidden ones included: FAM, sinks, m of memory from far to near, itself. */
export function segmentsOf(p: Problem): i32 {
  return p.m + 3;
}

/** Turns to block t of row b and a head of its keys. */
export function enter(p: Problem, b: i32, t: i32, head: i32): void {
  p.b = b;
  p.t = t;
  p.head = head;
  p.before = 0;
  for (let index = 0; index < segmentsOf(p) - 1; index++) {
    if (locate(p, index)) p.before += p.segment.length;
    if (index < 2) p.fixed = p.before;
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
  const back = index > 1 ? p.m + 2 - index : 0;
  p.segment.back = back;
  if (index == 0) {
    point(p, p.F, (p.b * p.T + p.t) * p.F, p.famK, p.famV, p.dfamK, p.dfamV);
  } else if (index == 1) {
    if (p.S == 0 || !isVisible(p, p.sinksBack)) return false;
    point(p, p.S, p.b * p.S, p.sinksK, p.sinksV, p.dsinksK, p.dsinksV);
  } else if (back <= p.t) {
    point(p, p.M, p.b * p.ownPitch + p.ownFirst + (p.t - back) * p.M, p.k, p.v, p.dk, p.dv);
  } else {
    if (!isVisible(p, back)) return false;
    const first = p.b * p.memoryPitch + p.memoryFirst + (p.m - back + p.t) * p.C;
    point(p, p.C, first, p.memoryK, p.memoryV, p.dmemoryK, p.dmemoryV);
  }
  return true;
}

/** Whether the block sees what lies so many blocks back, before the call. */
function isVisible(p: Problem, back: i32): bool {
  return back - p.t <= load<i32>(p.visible + (p.b << 2));
}

/** At row number `first` of tensors [rows, Hkv, D] and [rows, Hkv, Dv]. */
function point(p: Problem, length: i32, first: i32, k: usize, v: usize, dk: usize, dv: usize): void {
  const keyOffset = (first as usize) * (p.keyToken as usize) + ((p.head * p.D) << 2);
  const valueOffset = (first as usize) * (p.valueToken as usize) + ((p.head * p.Dv) << 2);
  const segment = p.segment;
  segment.length = length;
  segment.k = k + keyOffset;
  segment.v = v + valueOffset;
  segment.dk = dk + keyOffset;
  segment.dv = dv + valueOffset;
}
