/** One call of attention: its sizes, where its tensors lie, and the working memory that follows this record. */
import { Segment } from './segment';

/** Queries and keys of a tile: all that a tile needs stays in the second cache level. */
export const TILE_ROWS: i32 = 16;
export const TILE_KEYS: i32 = 128;

/** Sizes have the letters of `BlockAttention`, tensors its names. */
@unmanaged
export class Problem {
  B: i32;
  T: i32;
  N: i32;
  M: i32;
  H: i32;
  Hkv: i32;
  D: i32;
  Dv: i32;
  F: i32;
  S: i32;
  m: i32;
  C: i32;
  /** Query i sees the keys before reach + i of its own block, and of those in order the last `window`. */
  reach: i32;
  window: i32;
  scale: f32;
  /** Keys from one row of the batch to the next in k and v, and the one at which block 0 begins; the same of the memory. */
  ownPitch: i32;
  ownFirst: i32;
  memoryPitch: i32;
  memoryFirst: i32;
  /** How many blocks back sinks count. */
  sinksBack: i32;
  /** Query heads that share a key head, and their queries of one block: these are the rows of all products. */
  group: i32;
  rows: i32;
  /** Bytes from one token to the next in the keys and in the values. */
  keyToken: i32;
  valueToken: i32;

  q: usize;
  k: usize;
  v: usize;
  famK: usize;
  famV: usize;
  memoryK: usize;
  memoryV: usize;
  sinksK: usize;
  sinksV: usize;
  visible: usize;
  /** 0 where keys hold absolute positions. */
  cos: usize;
  sin: usize;

  dq: usize;
  dk: usize;
  dv: usize;
  dfamK: usize;
  dfamV: usize;
  dmemoryK: usize;
  dmemoryV: usize;
  dsinksK: usize;
  dsinksV: usize;

  /** Bytes from one row to the next in working memory: of rows as wide as a head, all queries, and those of a tile. */
  headPitch: i32;
  rowPitch: i32;
  tilePitch: i32;
  /** [rows, D or Dv] each: queries, sums over keys, gradients of the value. */
  queries: usize;
  sums: usize;
  upstream: usize;
  /** [D, rows] and [Dv, rows]. */
  queryColumns: usize;
  upstreamColumns: usize;
  /** [rows] each: the highest score so far, the sum of weights by it, and how much a higher one has made of both. */
  maximum: usize;
  total: usize;
  fading: usize;
  /** [rows] each: the log-sum-exp, and delta, Σ value · dy. */
  logSumExp: usize;
  delta: usize;
  /** [TILE_KEYS, D or Dv] each. */
  keys: usize;
  values: usize;
  keySums: usize;
  valueSums: usize;
  /** [TILE_KEYS, TILE_ROWS] each: scores, then weights; the gradients of scores. */
  weights: usize;
  dS: usize;

  /** The block and head at work; how many keys no window hides, which come first, how many lie before its own, and all. */
  b: i32;
  t: i32;
  head: i32;
  fixed: i32;
  before: i32;
  length: i32;
  /** The segment of it that was located last. */
  segment: Segment;
}

/**
 * Bytes between rows of `width` floats: whole pairs of vectors, and an odd number of them, because the columns of rows
 * that are a power of two apart would compete for the same few places of the cache.
 */
function pitch(width: i32): i32 {
  return (((width + 7) & ~7) | 8) << 2;
}

/** Vectors take rows by fours, so that there is room behind the last one. */
const SPARE_ROWS: i32 = 4;

/** Bytes of the record and its working memory, for heads of this width or less. */
export function scratchBytes(rows: i32, width: i32): usize {
  const all = rows + SPARE_ROWS;
  return (
    offsetof<Problem>() +
    offsetof<Segment>() +
    3 * all * pitch(width) +
    2 * width * pitch(rows) +
    5 * (all << 2) +
    4 * TILE_KEYS * pitch(width) +
    2 * TILE_KEYS * pitch(TILE_ROWS)
  );
}

/** Sizes of the call, to be given first. `p` has room for scratchBytes((H / Hkv) · N, max(D, Dv)) bytes. */
export function describe(
  p: Problem,
  B: i32, T: i32, N: i32, M: i32, H: i32, Hkv: i32, D: i32, Dv: i32, F: i32, S: i32, m: i32, C: i32,
  reach: i32, window: i32, scale: f32,
): void {
  p.B = B;
  p.T = T;
  p.N = N;
  p.M = M;
  p.H = H;
  p.Hkv = Hkv;
  p.D = D;
  p.Dv = Dv;
  p.F = F;
  p.S = S;
  p.m = m;
  p.C = C;
  p.reach = reach;
  p.window = window;
  p.scale = scale;
  p.group = H / Hkv;
  p.rows = p.group * N;
  p.keyToken = (Hkv * D) << 2;
  p.valueToken = (Hkv * Dv) << 2;
  layOut(p);
}

/** Where the keys of the call lie in the tensors that hold them. */
export function place(
  p: Problem, ownPitch: i32, ownFirst: i32, memoryPitch: i32, memoryFirst: i32, sinksBack: i32,
): void {
  p.ownPitch = ownPitch;
  p.ownFirst = ownFirst;
  p.memoryPitch = memoryPitch;
  p.memoryFirst = memoryFirst;
  p.sinksBack = sinksBack;
}

function layOut(p: Problem): void {
  const width = max(p.D, p.Dv);
  p.headPitch = pitch(width);
  p.rowPitch = pitch(p.rows);
  p.tilePitch = pitch(TILE_ROWS);
  const all = p.rows + SPARE_ROWS;
  const columns = width * p.rowPitch;

  p.segment = changetype<Segment>(changetype<usize>(p) + offsetof<Problem>());
  p.queries = changetype<usize>(p.segment) + offsetof<Segment>();
  p.sums = p.queries + all * p.headPitch;
  p.upstream = p.sums + all * p.headPitch;
  p.queryColumns = p.upstream + all * p.headPitch;
  p.upstreamColumns = p.queryColumns + columns;
  p.maximum = p.upstreamColumns + columns;
  p.total = p.maximum + (all << 2);
  p.fading = p.total + (all << 2);
  p.logSumExp = p.fading + (all << 2);
  p.delta = p.logSumExp + (all << 2);
  p.keys = p.delta + (all << 2);
  p.values = p.keys + TILE_KEYS * p.headPitch;
  p.keySums = p.values + TILE_KEYS * p.headPitch;
  p.valueSums = p.keySums + TILE_KEYS * p.headPitch;
  p.weights = p.valueSums + TILE_KEYS * p.headPitch;
  p.dS = p.weights + TILE_KEYS * p.tilePitch;

  // What no row fills must hold no denormal numbers: products pass over it, and would be slow.
  memory.fill(p.queries, 0, p.dS + TILE_KEYS * p.tilePitch - p.queries);
}

/** Addresses of the inputs and constants; of those that were not given, 0. */
export function nameTensors(
  p: Problem,
  q: usize, k: usize, v: usize, famK: usize, famV: usize, memoryK: usize, memoryV: usize, sinksK: usize, sinksV: usize,
  visible: usize, cos: usize, sin: usize,
): void {
  p.q = q;
  p.k = k;
  p.v = v;
  p.famK = famK;
  p.famV = famV;
  p.memoryK = memoryK;
  p.memoryV = memoryV;
  p.sinksK = sinksK;
  p.sinksV = sinksV;
  p.visible = visible;
  p.cos = cos;
  p.sin = sin;
}

/** Addresses of the gradients, to be given before `backward`. */
export function nameGradients(
  p: Problem,
  dq: usize, dk: usize, dv: usize, dfamK: usize, dfamV: usize, dmemoryK: usize, dmemoryV: usize,
  dsinksK: usize, dsinksV: usize,
): void {
  p.dq = dq;
  p.dk = dk;
  p.dv = dv;
  p.dfamK = dfamK;
  p.dfamV = dfamV;
  p.dmemoryK = dmemoryK;
  p.dmemoryV = dmemoryV;
  p.dsinksK = dsinksK;
  p.dsinksV = dsinksV;
}
