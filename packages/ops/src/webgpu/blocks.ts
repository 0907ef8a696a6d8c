/** WGSL that reads blocks of quantised numbers, four at a time, out of words of int32. */
import type { BlockDtype } from '../block-types.ts';

/** What all kinds of blocks are read with: halves by their bits, for devices may take the smallest ones for zero. */
const common = `
  fn byteAt(at: u32) -> u32 { return (u32(words[at >> 2u]) >> ((at & 3u) << 3u)) & 255u; }
  fn signedByteAt(at: u32) -> f32 { return f32(i32(byteAt(at) << 24u) >> 24u); }
  fn twoBytesAt(at: u32) -> u32 { return (u32(words[at >> 2u]) >> ((at & 2u) << 3u)) & 65535u; }
  fn fourBytesAt(at: u32) -> u32 {
    let first = u32(words[at >> 2u]);
    if ((at & 2u) == 0u) { return first; }
    return (first >> 16u) | (u32(words[(at >> 2u) + 1u]) << 16u);
  }
  fn halfOf(bits: u32) -> f32 {
    let size = bits & 32767u;
    let normal = bitcast<f32>((size << 13u) + 0x38000000u);
    let small = f32(size) * 5.9604644775390625e-8;
    let value = select(normal, small, size < 1024u);
    return select(value, -value, bits > 32767u);
  }
  fn halfAt(at: u32) -> f32 { return halfOf(twoBytesAt(at)); }
  fn spread(bytes: u32) -> vec4<f32> {
    return vec4<f32>((vec4<u32>(bytes) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u));
  }
  fn nibbles(at: u32, i: u32) -> vec4<f32> {
    return spread((fourBytesAt(at + (i & 15u)) >> ((i >> 4u) << 2u)) & 0x0f0f0f0fu);
  }`;

/** Bodies of `fourOf(start, k)`; see `block-types.ts` for what the bytes say. */
const bodies: Record<BlockDtype, string> = {
  F16: `
    let a = u32(words[(start >> 2u) + (k >> 1u)]);
    let b = u32(words[(start >> 2u) + (k >> 1u) + 1u]);
    return vec4<f32>(halfOf(a & 65535u), halfOf(a >> 16u), halfOf(b & 65535u), halfOf(b >> 16u));`,
  BF16: `
    let a = u32(words[(start >> 2u) + (k >> 1u)]);
    let b = u32(words[(start >> 2u) + (k >> 1u) + 1u]);
    return bitcast<vec4<f32>>(vec4<u32>(a << 16u, a & 0xffff0000u, b << 16u, b & 0xffff0000u));`,
  Q8_0: `
    let block = start + (k >> 5u) * 34u;
    let bytes = vec4<u32>(fourBytesAt(block + 2u + (k & 31u))) << vec4<u32>(24u, 16u, 8u, 0u);
    return halfAt(block) * vec4<f32>(bitcast<vec4<i32>>(bytes) >> vec4<u32>(24u));`,
  Q4_0: `
    let block = start + (k >> 5u) * 18u;
    return halfAt(block) * (nibbles(block + 2u, k & 31u) - 8.0);`,
  Q4_1: `
    let block = start + (k >> 5u) * 20u;
    return halfAt(block) * nibbles(block + 4u, k & 31u) + halfAt(block + 2u);`,
  Q4_K: `
    let block = start + (k >> 8u) * 144u;
    let part = (k & 255u) >> 5u;
    let at = block + 4u + part;
    var scale = 0u;
    var least = 0u;
    if (part < 4u) {
      scale = byteAt(at) & 63u;
      least = byteAt(at + 4u) & 63u;
    } else {
      scale = (byteAt(at + 4u) & 15u) | ((byteAt(at - 4u) >> 6u) << 4u);
      least = (byteAt(at + 4u) >> 4u) | ((byteAt(at) >> 6u) << 4u);
    }
    let pairs = fourBytesAt(block + 16u + (part >> 1u) * 32u + (k & 31u)) >> ((part & 1u) * 4u);
    let factor = halfAt(block) * f32(scale);
    return factor * spread(pairs & 0x0f0f0f0fu) - halfAt(block + 2u) * f32(least);`,
  Q6_K: `
    let block = start + (k >> 8u) * 210u;
    let part = (k & 255u) >> 4u;
    let quarter = (part & 7u) >> 1u;
    let low = fourBytesAt(block + (part >> 3u) * 64u + (part & 3u) * 16u + (k & 15u));
    let high = fourBytesAt(block + 128u + (part >> 3u) * 32u + (part & 1u) * 16u + (k & 15u));
    let bits = ((low >> ((quarter >> 1u) * 4u)) & 0x0f0f0f0fu) | (((high >> (quarter * 2u)) & 0x03030303u) << 4u);
    return halfAt(block + 208u) * signedByteAt(block + 192u + part) * (spread(bits) - 32.0);`,
};

/** WGSL of `fn fourOf(start: u32, k: u32) -> vec4<f32>`: numbers k to k + 3, k a multiple of 4, of the row whose first byte is `start`. */
export const readsBlocks = (type: BlockDtype): string =>
  `${common}\nfn fourOf(start: u32, k: u32) -> vec4<f32> {${bodies[type]}\n}`;
