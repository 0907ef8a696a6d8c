/** GLSL that reads blocks of quantised numbers, four at a time, out of words: what `webgpu/blocks.ts` says in WGSL. */
import type { BlockDtype } from '../block-types.ts';

/** What all kinds of blocks are read with: halves by their bits, for devices may take the smallest ones for zero. */
const common = `
  uint byteAt(uint at) { return (words(int(at >> 2)) >> ((at & 3u) << 3)) & 255u; }
  float signedByteAt(uint at) { return float(int(byteAt(at) << 24) >> 24); }
  uint twoBytesAt(uint at) { return (words(int(at >> 2)) >> ((at & 2u) << 3)) & 65535u; }
  uint fourBytesAt(uint at) {
    uint first = words(int(at >> 2));
    return (at & 2u) == 0u ? first : (first >> 16) | (words(int(at >> 2) + 1) << 16);
  }
  float halfOf(uint bits) {
    uint size = bits & 32767u;
    float value = size < 1024u ? float(size) * 5.9604644775390625e-8 : uintBitsToFloat((size << 13) + 0x38000000u);
    return bits > 32767u ? -value : value;
  }
  float halfAt(uint at) { return halfOf(twoBytesAt(at)); }
  vec4 spread(uint bytes) { return vec4((uvec4(bytes) >> uvec4(0u, 8u, 16u, 24u)) & 255u); }
  vec4 nibbles(uint at, uint i) {
    return spread((fourBytesAt(at + (i & 15u)) >> ((i >> 4) << 2)) & 0x0f0f0f0fu);
  }`;

/** Bodies of `fourOf(start, k)`; see `block-types.ts` for what the bytes say. */
const bodies: Record<BlockDtype, string> = {
  F16: `
    uint a = words(int((start >> 2) + (k >> 1))), b = words(int((start >> 2) + (k >> 1)) + 1);
    return vec4(halfOf(a & 65535u), halfOf(a >> 16), halfOf(b & 65535u), halfOf(b >> 16));`,
  BF16: `
    uint a = words(int((start >> 2) + (k >> 1))), b = words(int((start >> 2) + (k >> 1)) + 1);
    return uintBitsToFloat(uvec4(a << 16, a & 0xffff0000u, b << 16, b & 0xffff0000u));`,
  Q8_0: `
    uint block = start + (k >> 5) * 34u;
    uvec4 bytes = uvec4(fourBytesAt(block + 2u + (k & 31u))) << uvec4(24u, 16u, 8u, 0u);
    return halfAt(block) * vec4(ivec4(bytes) >> 24);`,
  Q4_0: `
    uint block = start + (k >> 5) * 18u;
    return halfAt(block) * (nibbles(block + 2u, k & 31u) - 8.0);`,
  Q4_1: `
    uint block = start + (k >> 5) * 20u, scales = words(int(block >> 2));
    return halfOf(scales & 65535u) * nibbles(block + 4u, k & 31u) + halfOf(scales >> 16);`,
  Q4_K: `
    uint block = start + (k >> 8) * 144u, part = (k & 255u) >> 5, at = block + 4u + part;
    uint scale, least;
    if (part < 4u) {
      scale = byteAt(at) & 63u;
      least = byteAt(at + 4u) & 63u;
    } else {
      scale = (byteAt(at + 4u) & 15u) | ((byteAt(at - 4u) >> 6) << 4);
      least = (byteAt(at + 4u) >> 4) | ((byteAt(at) >> 6) << 4);
    }
    uint pairs = fourBytesAt(block + 16u + (part >> 1) * 32u + (k & 31u)) >> ((part & 1u) * 4u);
    float factor = halfAt(block) * float(scale);
    return factor * spread(pairs & 0x0f0f0f0fu) - halfAt(block + 2u) * float(least);`,
  Q6_K: `
    uint block = start + (k >> 8) * 210u, part = (k & 255u) >> 4, quarter = (part & 7u) >> 1;
    uint low = fourBytesAt(block + (part >> 3) * 64u + (part & 3u) * 16u + (k & 15u));
    uint high = fourBytesAt(block + 128u + (part >> 3) * 32u + (part & 1u) * 16u + (k & 15u));
    uint bits = ((low >> ((quarter >> 1) * 4u)) & 0x0f0f0f0fu) | (((high >> (quarter * 2u)) & 0x03030303u) << 4);
    return halfAt(block + 208u) * signedByteAt(block + 192u + part) * (spread(bits) - 32.0);`,
};

/**
 * GLSL of `vec4 fourOf(int row, int k)`: numbers k to k + 3, k a multiple of 4, of a row of `words`, which are `pitch` a row. Of a row
 * that is none of the `rows` they are zeros.
 */
export const readsBlocks = (type: BlockDtype): string => `
  ${common}
  vec4 numbersOf(uint start, uint k) {${bodies[type]}
  }
  vec4 fourOf(int row, int k) {
    return row >= 0 && row < rows ? numbersOf(uint(row * pitch) << 2, uint(k)) : vec4(0.0);
  }`;
