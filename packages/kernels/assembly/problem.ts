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
  F: i32;
  m: i32;
  C: i32;
  /** Query i sees the keys before reach + i of its own block. */
  reach: i32;
  scale: f32;
  /** Query heads that share a key head, and their queries of one block: these are the rows of all products. */
  group: i32;
  rows: i32;
  /** Bytes from one token to the next in the queries and in the keys. */
  queryToken: i32;
  keyToken: i32;

  q: usize;
  k: usize;
  v: usize;
  famK: usize;
  famV: usize;
  memoryK: usize;
  memoryV: usize;
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

  /** Bytes from one row to the next in working memory: of rows as wide as a head, all queries, and those of a tile. */
  headPitch: i32;
  rowPitch: i32;
  tilePitch: i32;
  /** [rows, D] each: queries, sums over keys, gradients of the value. */
  queries: usize;
  sums: usize;
  upstream: usize;
  /** [D, rows] each. */
  queryColumns: usize;
  upstreamColumns: usize;
  /** [rows] each: maximum, total weight and change of scale in the forward pass; log-sum-exp and Σ value · dy in the other. */
  level: usize;
  total: usize;
  fading: usize;
  /** [TILE_KEYS, D] each. */
  keys: usize;
  values: usize;
  keySums: usize;
  valueSums: usize;
  /** [TILE_KEYS, TILE_ROWS] each: scores, then weights; their gradients. */
  weights: usize;
  slopes: usize;

  /** The block and head at work, how many keys lie before its own, and how many are seen in all. */
  b: i32;
  t: i32;
  head: i32;
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

/** Bytes of the record and its working memory. */
export function scratchBytes(rows: i32, D: i32): usize {
  const all = rows + SPARE_ROWS;
  return (
    offsetof<Problem>() +
    offsetof<Segment>() +
    3 * all * pitch(D) +
    2 * D * pitch(rows) +
    3 * (all << 2) +
    4 * TILE_KEYS * pitch(D) +
    2 * TILE_KEYS * pitch(TILE_ROWS)
  );
}

/** Sizes of the call, to be given first. `p` has room for scratchBytes((H / Hkv) · N, D) bytes. */
export function describe(
  p: Problem,
  B: i32, T: i32, N: i32, M: i32, H: i32, Hkv: i32, D: i32, F: i32, m: i32, C: i32,
  reach: i32, scale: f32,
): void {
  p.B = B;
  p.T = T;
  p.N = N;
  p.M = M;
  p.H = H;
  p.Hkv = Hkv;
  p.D = D;
  p.F = F;
  p.m = m;
  p.C = C;
  p.reach = reach;
  p.scale = scale;
  p.group = H / Hkv;
  p.rows = p.group * N;
  p.queryToken = (H * D) << 2;
  p.keyToken = (Hkv * D) << 2;
  layOut(p);
}

function layOut(p: Problem): void {
  p.headPitch = pitch(p.D);
  p.rowPitch = pitch(p.rows);
  p.tilePitch = pitch(TILE_ROWS);
  const all = p.rows + SPARE_ROWS;
  const columns = p.D * p.rowPitch;

  p.segment = changetype<Segment>(changetype<usize>(p) + offsetof<Problem>());
  p.queries = changetype<usize>(p.segment) + offsetof<Segment>();
  p.sums = p.queries + all * p.headPitch;
  p.upstream = p.sums + all * p.headPitch;
  p.queryColumns = p.upstream + all * p.headPitch;
  p.upstreamColumns = p.queryColumns + columns;
  p.level = p.upstreamColumns + columns;
  p.total = p.level + (all << 2);
  p.fading = p.total + (all << 2);
  p.keys = p.fading + (all << 2);
  p.values = p.keys + TILE_KEYS * p.headPitch;
  p.keySums = p.values + TILE_KEYS * p.headPitch;
  p.valueSums = p.keySums + TILE_KEYS * p.headPitch;
  p.weights = p.valueSums + TILE_KEYS * p.headPitch;
  p.slopes = p.weights + TILE_KEYS * p.tilePitch;

  // What no row fills must hold no denormal numbers: products pass over it, and would be slow.
  memory.fill(p.queries, 0, p.slopes + TILE_KEYS * p.tilePitch - p.queries);
}

/** Addresses of the inputs and constants; of those that were not given, 0. */
export function nameTensors(
  p: Problem,
  q: usize, k: usize, v: usize, famK: usize, famV: usize, memoryK: usize, memoryV: usize,
  visible: usize, cos: usize, sin: usize,
): void {
  p.q = q;
  p.k = k;
  p.v = v;
  p.famK = famK;
  p.famV = famV;
  p.memoryK = memoryK;
  p.memoryV = memoryV;
  p.visible = visible;
  p.cos = cos;
  p.sin = sin;
}

/** Addresses of the gradients, to be given before `backward`. */
export function nameGradients(
  p: Problem,
  dq: usize, dk: usize, dv: usize, dfamK: usize, dfamV: usize, dmemoryK: usize, dmemoryV: usize,
): void {
  p.dq = dq;
  p.dk = dk;
  p.dv = dv;
  p.dfamK = dfamK;
  p.dfamV = dfamV;
  p.dmemoryK = dmemoryK;
  p.dmemoryV = dmemoryV;
}
