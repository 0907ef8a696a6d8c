/** Copies rows that lie apart to rows that lie apart. Strides and sizes count bytes. */
export function copyRows(
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  rows: i32,
  bytes: usize,
): void {
  for (let i = 0; i < rows; i++) {
    memory.copy(to, from, bytes);
    from += fromStride;
    to += toStride;
  }
}
