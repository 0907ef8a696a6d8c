/** The quantised numbers of GGUF files: blocks of a row with a scale of their own, after ggml's `ggml-quants.c`. */
import { halves } from './halves.ts';

/** A kind of block: how many numbers it holds, in how many bytes, and which numbers they are. */
interface BlockType {
  numbers: number;
  bytes: number;
  /** Writes the numbers of the block at `from` to `into`, from `at` on. */
  decode(data: Uint8Array, from: number, into: Float32Array, at: number): void;
}

/** The half at a place of `data`. */
const half = (data: Uint8Array, at: number) => halves()[data[at]! | (data[at + 1]! << 8)]!;
const signed = (byte: number) => (byte << 24) >> 24;

export const blockTypes = {
  /** d · q */
  Q8_0: {
    numbers: 32,
    bytes: 34,
    decode(data, from, into, at) {
      const d = half(data, from);
      for (let i = 0; i < 32; i++) into[at + i] = d * signed(data[from + 2 + i]!);
    },
  },
  /** d · (q − 8); the low halves of 16 bytes come first. */
  Q4_0: {
    numbers: 32,
    bytes: 18,
    decode(data, from, into, at) {
      const d = half(data, from);
      for (let i = 0; i < 16; i++) {
        const pair = data[from + 2 + i]!;
        into[at + i] = d * ((pair & 15) - 8);
        into[at + 16 + i] = d * ((pair >> 4) - 8);
      }
    },
  },
  /** d · q + m */
  Q4_1: {
    numbers: 32,
    bytes: 20,
    decode(data, from, into, at) {
      const d = half(data, from);
      const m = half(data, from + 2);
      for (let i = 0; i < 16; i++) {
        const pair = data[from + 4 + i]!;
        into[at + i] = d * (pair & 15) + m;
        into[at + 16 + i] = d * (pair >> 4) + m;
      }
    },
  },
  /** d · s · q − dmin · m, of eight parts of 32 numbers whose s and m have six bits. */
  Q4_K: {
    numbers: 256,
    bytes: 144,
    decode(data, from, into, at) {
      const d = half(data, from);
      const dmin = half(data, from + 2);
      const scales = from + 4;
      for (let part = 0; part < 8; part++) {
        const [scale, min] = sixBits(data, scales, part);
        const factor = d * scale;
        const offset = dmin * min;
        const quants = from + 16 + (part >> 1) * 32;
        const shift = (part & 1) * 4;
        for (let i = 0; i < 32; i++) {
          into[at + part * 32 + i] = factor * ((data[quants + i]! >> shift) & 15) - offset;
        }
      }
    },
  },
  /** d · s · (q − 32), of sixteen parts of 16 numbers whose s has eight bits. */
  Q6_K: {
    numbers: 256,
    bytes: 210,
    decode(data, from, into, at) {
      const d = half(data, from + 208);
      for (let i = 0; i < 256; i++) {
        const inHalf = i & 127;
        const lane = i & 31;
        const low = from + (i >> 7) * 64 + (inHalf & 63);
        const high = from + 128 + (i >> 7) * 32 + lane;
        const quarter = inHalf >> 5;
        const bits =
          ((data[low]! >> ((quarter >> 1) * 4)) & 15) | (((data[high]! >> (quarter * 2)) & 3) << 4);
        into[at + i] = d * signed(data[from + 192 + (i >> 4)]!) * (bits - 32);
      }
    },
  },
} satisfies Record<string, BlockType>;

export type BlockDtype = keyof typeof blockTypes;

/** Scale and minimum of a part of Q4_K: the lower four parts have six bits each, the upper four have theirs in two pieces. */
function sixBits(data: Uint8Array, at: number, part: number): [number, number] {
  if (part < 4) return [data[at + part]! & 63, data[at + part + 4]! & 63];
  const low = data[at + part + 4]!;
  return [(low & 15) | ((data[at + part - 4]! >> 6) << 4), (low >> 4) | ((data[at + part]! >> 6) << 4)];
}

/** The numbers of whole blocks, in float32. */
export function dequantise(dtype: BlockDtype, data: Uint8Array): Float32Array {
  const { numbers, bytes, decode } = blockTypes[dtype];
  const blocks = data.length / bytes;
  const values = new Float32Array(blocks * numbers);
  for (let block = 0; block < blocks; block++) decode(data, block * bytes, values, block * numbers);
  return values;
}
