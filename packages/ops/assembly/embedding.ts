/** Embedding lookup and its gradient, the sum over equal tokens. Ids outside the table are rows of zeros. */
import { single, storeSingle, wholeVectors } from './lanes';

/** rows [count, width] of table [vocabulary, width]. */
export function embedding(
  table: usize,
  ids: usize,
  rows: usize,
  count: i32,
  vocabulary: i32,
  width: i32,
): void {
  const bytes = (<usize>width) << 2;
  for (let i = 0; i < count; i++) {
    const id = load<u32>(ids + ((<usize>i) << 2));
    if (id < <u32>vocabulary) memory.copy(rows, table + <usize>id * bytes, bytes);
    else memory.fill(rows, 0, bytes);
    rows += bytes;
  }
}

/** dTable [vocabulary, width] of dRows [count, width]. */
export function embeddingGradient(
  dRows: usize,
  ids: usize,
  dTable: usize,
  count: i32,
  vocabulary: i32,
  width: i32,
): void {
  const bytes = (<usize>width) << 2;
  memory.fill(dTable, 0, <usize>vocabulary * bytes);
  for (let i = 0; i < count; i++) {
    const id = load<u32>(ids + ((<usize>i) << 2));
    if (id < <u32>vocabulary) addRow(dTable + <usize>id * bytes, dRows, bytes);
    dRows += bytes;
  }
}

function addRow(total: usize, row: usize, bytes: usize): void {
  const vectors = wholeVectors(bytes);
  let at: usize = 0;
  for (; at < vectors; at += 16)
    v128.store(total + at, f32x4.add(v128.load(total + at), v128.load(row + at)));
  for (; at < bytes; at += 4) storeSingle(total + at, f32x4.add(single(total + at), single(row + at)));
}
