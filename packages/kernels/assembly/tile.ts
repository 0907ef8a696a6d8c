/** Tiles of keys, numbered through the segments of a block: brought to working memory, and their gradients back. */
import { Problem, TILE_KEYS } from './problem';
import { addRows, copyRows, rotateRows } from './rows';
import { locate, segmentsOf } from './segment';

/** The first tile, at this key or behind it, of which any query sees a key: windows hide all between `fixed` and theirs. */
export function nextTile(p: Problem, first: i32): i32 {
  while (first >= p.fixed && first + TILE_KEYS <= p.before + p.reach - p.window) first += TILE_KEYS;
  return first;
}

/** How many of the `keys` keys from `first` on a row sees, but for what its window hides: its own block hides its last. */
function seenBy(p: Problem, row: i32, first: i32, keys: i32): i32 {
  return max(0, min(p.before + p.reach + row / p.group - first, keys));
}

/** How many any of `rows` rows sees, rounded up to fours, because products would take the next ones anyway. */
export function seenByAny(p: Problem, row: i32, rows: i32, first: i32, keys: i32): i32 {
  return min((seenBy(p, row + rows - 1, first, keys) + 3) & ~3, keys);
}

/** The first row that sees a key. */
export function firstRow(p: Problem, key: i32): i32 {
  return max(0, key + 1 - p.before - p.reach) * p.group;
}

/** The row behind the last one whose window holds a key. */
function endRow(p: Problem, key: i32): i32 {
  const tokens = max(0, key + 1 - p.before - p.reach + p.window);
  return key < p.fixed || tokens >= p.N ? p.rows : tokens * p.group;
}

/** The row behind the last one that sees any of these keys. */
export function endRowOf(p: Problem, first: i32, keys: i32): i32 {
  return first < p.fixed ? p.rows : endRow(p, first + keys - 1);
}

/** Scores −∞ for what the rows do not see among the first `seen` keys of a tile. */
export function hide(p: Problem, row: i32, rows: i32, first: i32, seen: i32): void {
  for (let key = seenBy(p, row, first, seen); key < seen; key++) {
    const scores = p.weights + key * p.tilePitch;
    const hidden = min(rows, firstRow(p, first + key) - row);
    for (let i = 0; i < hidden; i++) store<f32>(scores + (i << 2), -f32.POSITIVE_INFINITY);
  }
  const lastToken = (row + rows - 1) / p.group;
  const end = min(first + seen, p.before + p.reach + lastToken - p.window);
  for (let key = max(first, p.fixed); key < end; key++) {
    const scores = p.weights + (key - first) * p.tilePitch;
    for (let i = max(0, endRow(p, key) - row); i < rows; i++) store<f32>(scores + (i << 2), -f32.POSITIVE_INFINITY);
  }
}

/** Copies keys and values to their rows, the keys of earlier blocks rotated back by their distance. */
export function bringTile(p: Problem, first: i32, keys: i32): void {
  let place = -first;
  for (let index = 0; index < segmentsOf(p); index++) {
    if (!locate(p, index)) continue;
    const from = max(0, place);
    const rows = min(keys, place + p.segment.length) - from;
    const row = from * p.headPitch;
    if (rows > 0) {
      const skipped = (from - place) as usize;
      const k = p.segment.k + skipped * (p.keyToken as usize);
      const v = p.segment.v + skipped * (p.valueToken as usize);
      copyRows(p.keys + row, p.headPitch, k, p.keyToken, rows, p.D, 1);
      copyRows(p.values + row, p.headPitch, v, p.valueToken, rows, p.Dv, 1);
      rotate(p, p.keys + row, rows, -1);
    }
    place += p.segment.length;
  }
}

/** Adds the sums of keys and values to the gradients of where they came from. */
export function returnTile(p: Problem, first: i32, keys: i32): void {
  let place = -first;
  for (let index = 0; index < segmentsOf(p); index++) {
    if (!locate(p, index)) continue;
    const from = max(0, place);
    const rows = min(keys, place + p.segment.length) - from;
    const row = from * p.headPitch;
    if (rows > 0) {
      const skipped = (from - place) as usize;
      const dk = p.segment.dk + skipped * (p.keyToken as usize);
      const dv = p.segment.dv + skipped * (p.valueToken as usize);
      rotate(p, p.keySums + row, rows, 1);
      addRows(dk, p.keyToken, p.keySums + row, p.headPitch, rows, p.D);
      addRows(dv, p.valueToken, p.valueSums + row, p.headPitch, rows, p.Dv);
    }
    place += p.segment.length;
  }
}

/** Rotates keys by the distance of the segment that they are from. */
function rotate(p: Problem, keys: usize, rows: i32, direction: f32): void {
  if (p.segment.back == 0 || p.cos == 0) return;
  const half = p.D >> 1;
  const angles = ((p.segment.back - 1) * half) << 2;
  rotateRows(keys, p.headPitch, rows, half, p.cos + angles, p.sin + angles, direction);
}
