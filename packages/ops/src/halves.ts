/** IEEE halves: every one as a number, by its bits, and the nearest one of a number. */

let table: Float32Array | undefined;

/** Made when first asked for: 256 kB. */
export function halves(): Float32Array {
  if (!table) {
    table = new Float32Array(1 << 16);
    for (let bits = 0; bits < table.length; bits++) table[bits] = halfToNumber(bits);
  }
  return table;
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (0x400 + fraction) * 2 ** (exponent - 25);
}

const word = new Float32Array(1);
const bitsOf = new Uint32Array(word.buffer);

/** The bits of the half that is nearest to a number, the even one of two; an infinite one from 65,520 on. */
export function toHalf(value: number): number {
  word[0] = value;
  const bits = bitsOf[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  if (size >= 0x477ff000) return sign | 0x7c00;
  // Below 2⁻¹⁴ halves lie 2⁻²⁴ apart: so do the floats from ½ to 1, and adding ½ rounds to them.
  if (size < 0x38800000) {
    word[0] = Math.abs(value) + 0.5;
    return sign | (bitsOf[0]! - 0x3f000000);
  }
  return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
}
