/** Rearranges a block for `multiplyTile`: lines in panels, and the values of a panel's lines side by side. */

/**
 * Packs lines into panels [depth, width] that follow one another, with zeros for the lines that the last panel lacks.
 *
 * @param source value d of line l lies at source + l · lineStride + d · depthStride; one of the strides is 4 bytes
 * @param width lines of a panel, 4 or 8
 */
export function pack(
  source: usize,
  lineStride: usize,
  depthStride: usize,
  lines: i32,
  depth: i32,
  width: i32,
  packed: usize,
): void {
  const panelStride = (<usize>width) << 2;
  let line = 0;
  for (; width === 8 && lineStride === 4 && line + 16 <= lines; line += 16) {
    packTwoPanels(
      source + ((<usize>line) << 2),
      depthStride,
      depth,
      packed + <usize>line * ((<usize>depth) << 2),
    );
  }
  for (; line % width !== 0 || line < lines; line += 4) {
    const from = source + <usize>line * lineStride;
    const to = packed + <usize>(line / width) * panelStride * <usize>depth + ((<usize>(line % width)) << 2);
    const present = lines - line;
    if (present < 4) packFew(from, lineStride, depthStride, present, depth, to, panelStride);
    else if (lineStride === 4) packFour(from, depthStride, depth, to, panelStride);
    else packTransposed(from, lineStride, depth, to, panelStride);
  }
}

/** Two panels of eight lines, side by side in the source: a cache line of it for each value of theirs. */
function packTwoPanels(from: usize, depthStride: usize, depth: i32, to: usize): void {
  const second = to + ((<usize>depth) << 5);
  for (let offset: usize = 0; offset < (<usize>depth) << 5; offset += 32) {
    v128.store(to + offset, v128.load(from));
    v128.store(to + offset, v128.load(from, 16), 16);
    v128.store(second + offset, v128.load(from, 32));
    v128.store(second + offset, v128.load(from, 48), 16);
    from += depthStride;
  }
}

/** Four lines side by side in the source. */
function packFour(from: usize, depthStride: usize, depth: i32, to: usize, panelStride: usize): void {
  for (let d = 0; d < depth; d++) {
    v128.store(to, v128.load(from));
    from += depthStride;
    to += panelStride;
  }
}

/** Four lines, each of which lies in one piece: squares of 4 × 4 values are transposed. */
function packTransposed(from: usize, lineStride: usize, depth: i32, to: usize, panelStride: usize): void {
  let d = 0;
  for (; d + 4 <= depth; d += 4) {
    const first = v128.load(from);
    const second = v128.load(from + lineStride);
    const third = v128.load(from + 2 * lineStride);
    const fourth = v128.load(from + 3 * lineStride);
    const low12 = v128.shuffle<f32>(first, second, 0, 4, 1, 5);
    const low34 = v128.shuffle<f32>(third, fourth, 0, 4, 1, 5);
    const high12 = v128.shuffle<f32>(first, second, 2, 6, 3, 7);
    const high34 = v128.shuffle<f32>(third, fourth, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(low12, low34, 0, 2));
    v128.store(to + panelStride, v128.shuffle<f64>(low12, low34, 1, 3));
    v128.store(to + 2 * panelStride, v128.shuffle<f64>(high12, high34, 0, 2));
    v128.store(to + 3 * panelStride, v128.shuffle<f64>(high12, high34, 1, 3));
    from += 16;
    to += 4 * panelStride;
  }
  packFew(from, lineStride, 4, 4, depth - d, to, panelStride);
}

/** Up to four lines one value at a time; those that are not there are zero. */
function packFew(
  from: usize,
  lineStride: usize,
  depthStride: usize,
  present: i32,
  depth: i32,
  to: usize,
  panelStride: usize,
): void {
  for (let d = 0; d < depth; d++) {
    v128.store(to, i32x4.splat(0));
    for (let line = 0; line < present; line++) {
      store<f32>(to + ((<usize>line) << 2), load<f32>(from + <usize>line * lineStride));
    }
    from += depthStride;
    to += panelStride;
  }
}
