/** Rows of floats between tensors, whose heads stand close together, and working memory, whose rows have room to spare. */

/** to = from · factor, for `rows` rows of `width`. */
export function copyRows(
  to: usize, toPitch: usize, from: usize, fromPitch: usize, rows: i32, width: i32, factor: f32,
): void {
  const factors = f32x4.splat(factor);
  for (; rows > 0; rows--) {
    let i = 0;
    for (; i + 4 <= width; i += 4) {
      const at = (i << 2) as usize;
      v128.store(to + at, f32x4.mul(v128.load(from + at), factors));
    }
    for (; i < width; i++) {
      const at = (i << 2) as usize;
      store<f32>(to + at, load<f32>(from + at) * factor);
    }
    to += toPitch;
    from += fromPitch;
  }
}

/** to += from, for `rows` rows of `width`. */
export function addRows(to: usize, toPitch: usize, from: usize, fromPitch: usize, rows: i32, width: i32): void {
  for (; rows > 0; rows--) {
    let i = 0;
    for (; i + 4 <= width; i += 4) {
      const at = (i << 2) as usize;
      v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
    }
    for (; i < width; i++) {
      const at = (i << 2) as usize;
      store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at));
    }
    to += toPitch;
    from += fromPitch;
  }
}

/** to[column][row] = from[row][column], with `rows` rounded up to eights by repeating the last one. */
export function transpose(
  to: usize, toPitch: usize, from: usize, fromPitch: usize, rows: i32, columns: i32,
): void {
  const last = from + ((rows - 1) as usize) * fromPitch;
  for (let row = 0; row < ((rows + 7) & ~7); row += 4) {
    let from0 = min(from + (row as usize) * fromPitch, last);
    let from1 = min(from0 + fromPitch, last);
    let from2 = min(from1 + fromPitch, last);
    let from3 = min(from2 + fromPitch, last);
    let out = to + ((row << 2) as usize);
    let column = 0;
    for (; column + 4 <= columns; column += 4) {
      const x0 = v128.load(from0);
      const x1 = v128.load(from1);
      const x2 = v128.load(from2);
      const x3 = v128.load(from3);
      const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
      const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
      const high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
      v128.store(out, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
      v128.store(out + toPitch, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
      v128.store(out + 2 * toPitch, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
      v128.store(out + 3 * toPitch, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
      from0 += 16;
      from1 += 16;
      from2 += 16;
      from3 += 16;
      out += toPitch << 2;
    }
    for (; column < columns; column++) {
      store<f32>(out, load<f32>(from0));
      store<f32>(out, load<f32>(from1), 4);
      store<f32>(out, load<f32>(from2), 8);
      store<f32>(out, load<f32>(from3), 12);
      from0 += 4;
      from1 += 4;
      from2 += 4;
      from3 += 4;
      out += toPitch;
    }
  }
}

/** Rotates the pairs (j, j + half) of every row forward by the angles of a table row, or back where `direction` is −1. */
export function rotateRows(
  at: usize, pitch: usize, rows: i32, half: i32, cos: usize, sin: usize, direction: f32,
): void {
  for (; rows > 0; rows--) {
    rotateRow(at, at + (half << 2), half, cos, sin, direction);
    at += pitch;
  }
}

function rotateRow(first: usize, second: usize, half: i32, cos: usize, sin: usize, direction: f32): void {
  let j = 0;
  for (; j + 4 <= half; j += 4) {
    const at = (j << 2) as usize;
    const x = v128.load(first + at);
    const y = v128.load(second + at);
    const c = v128.load(cos + at);
    const s = f32x4.mul(v128.load(sin + at), f32x4.splat(direction));
    v128.store(first + at, f32x4.sub(f32x4.mul(x, c), f32x4.mul(y, s)));
    v128.store(second + at, f32x4.add(f32x4.mul(y, c), f32x4.mul(x, s)));
  }
  for (; j < half; j++) {
    const at = (j << 2) as usize;
    const x = load<f32>(first + at);
    const y = load<f32>(second + at);
    const c = load<f32>(cos + at);
    const s = load<f32>(sin + at) * direction;
    store<f32>(first + at, x * c - y * s);
    store<f32>(second + at, y * c + x * s);
  }
}
