/** Tiles of keys, numbered through the segments of a block: brought to working memory, and their gradients back. */
import { Problem } from './problem';
import { addRows, copyRows, turnRows } from './rows';
import { locate, segmentsOf } from './segment';

/** How many of the `keys` keys from `first` on a row sees. They come first: only its own block hides keys, its last. */
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

/** Scores −∞ for what the rows do not see among the first `seen` keys of a tile. */
export function hide(p: Problem, row: i32, rows: i32, first: i32, seen: i32): void {
  for (let key = seenBy(p, row, first, seen); key < seen; key++) {
    const scores = p.weights + key * p.tilePitch;
    const hidden = min(rows, firstRow(p, first + key) - row);
    for (let i = 0; i < hidden; i++) store<f32>(scores + (i << 2), -f32.POSITIVE_INFINITY);
  }
}

/** Copies keys and values to their rows, the keys of earlier blocks turned back by their distance. */
export function bringTile(p: Problem, first: i32, keys: i32): void {
  let place = -first;
  for (let index = 0; index < segmentsOf(p); index++) {
    if (!locate(p, index)) continue;
    const from = max(0, place);
    const rows = min(keys, place + p.segment.length) - from;
    const offset = (from - place) * p.keyToken;
    const row = from * p.headPitch;
    if (rows > 0) {
      copyRows(p.keys + row, p.headPitch, p.segment.k + offset, p.keyToken, rows, p.D, 1);
      copyRows(p.values + row, p.headPitch, p.segment.v + offset, p.keyToken, rows, p.D, 1);
      turn(p, p.keys + row, rows, -1);
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
    const offset = (from - place) * p.keyToken;
    const row = from * p.headPitch;
    if (rows > 0) {
      turn(p, p.keySums + row, rows, 1);
      addRows(p.segment.dk + offset, p.keyToken, p.keySums + row, p.headPitch, rows, p.D);
      addRows(p.segment.dv + offset, p.keyToken, p.valueSums + row, p.headPitch, rows, p.D);
    }
    place += p.segment.length;
  }
}

/** Turns keys by the distance of the segment that they are from. */
function turn(p: Problem, keys: usize, rows: i32, direction: f32): void {
  if (p.segment.back == 0 || p.cos == 0) return;
  const half = p.D >> 1;
  const angles = ((p.segment.back - 1) * half) << 2;
  turnRows(keys, p.headPitch, rows, half, p.cos + angles, p.sin + angles, direction);
}
