/** One call of attention: its sizes, where its tensors lie, and the working memory that follows this record. */
import { Segment } from './segment';

/** Queries and keys of a tile: all that a tile needs stays in the second cache level. */
export const TILE_ROWS: i32 = 32;
export const TILE_KEYS: i32 = 96;

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

  /** Bytes from one row to the next in working memory, of rows as wide as a head and as a tile of keys. */
  headPitch: i32;
  tilePitch: i32;
  /** [rows, D] each: queries, sums over keys, gradients of the value. */
  queries: usize;
  sums: usize;
  upstream: usize;
  /** [rows] each: maximum and total weight in the forward pass, log-sum-exp and Σ value · dy in the backward pass. */
  level: usize;
  total: usize;
  /** [D, TILE_KEYS] each. */
  keyColumns: usize;
  valueColumns: usize;
  /** [TILE_KEYS, D] each. */
  keyRows: usize;
  valueRows: usize;
  keySums: usize;
  valueSums: usize;
  /** [TILE_ROWS, TILE_KEYS] each. */
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

/** Products take rows by fours, so that buffers end in rows that belong to nobody. */
const SPARE_ROWS: i32 = 4;

/** Bytes of the record and its working memory. */
export function scratchBytes(rows: i32, D: i32): usize {
  const all = rows + SPARE_ROWS;
  return (
    offsetof<Problem>() +
    offsetof<Segment>() +
    3 * all * pitch(D) +
    2 * all * 4 +
    2 * D * pitch(TILE_KEYS) +
    4 * TILE_KEYS * pitch(D) +
    2 * TILE_ROWS * pitch(TILE_KEYS)
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
  const rows = p.rows + SPARE_ROWS;
  p.headPitch = pitch(p.D);
  p.tilePitch = pitch(TILE_KEYS);
  const group = rows * p.headPitch;
  const columns = p.D * p.tilePitch;
  const keys = TILE_KEYS * p.headPitch;
  const tile = TILE_ROWS * p.tilePitch;

  p.segment = changetype<Segment>(changetype<usize>(p) + offsetof<Problem>());
  p.queries = changetype<usize>(p.segment) + offsetof<Segment>();
  p.sums = p.queries + group;
  p.upstream = p.sums + group;
  p.level = p.upstream + group;
  p.total = p.level + rows * 4;
  p.keyColumns = p.total + rows * 4;
  p.valueColumns = p.keyColumns + columns;
  p.keyRows = p.valueColumns + columns;
  p.valueRows = p.keyRows + keys;
  p.keySums = p.valueRows + keys;
  p.valueSums = p.keySums + keys;
  p.weights = p.valueSums + keys;
  p.slopes = p.weights + tile;

  // What no row fills must hold no denormal numbers either: products pass over it, slowly if it did.
  memory.fill(p.queries, 0, p.slopes + tile - p.queries);
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
