/** Numbers in fewer than 32 bits, as GGUF files have them: blocks of a row with a scale of their own, after ggml's `ggml-quants.c`. */
import { halves, toHalf } from './halves.ts';

/** A kind of block: how many numbers it holds, in how many bytes, and which numbers they are. */
interface BlockType {
  numbers: number;
  bytes: number;
  /** Where in a block its halves stand, without which none of its numbers is finite. */
  scales: readonly number[];
  /** The bits of a half's exponent, all of which only NaN and infinities have. */
  exponent: number;
  /** Writes the numbers of all blocks. A scale that is no finite number leaves none of its block finite, the first included. */
  decode(data: Uint8Array, into: Float32Array): void;
  /** Writes the blocks of numbers, as ggml rounds them. */
  encode?(numbers: Float32Array, into: Uint8Array): void;
}

const half = { exponent: 0x7c00 };

const signed = (byte: number) => (byte << 24) >> 24;

const blocks = {
  /** A half for each number. */
  F16: {
    numbers: 1,
    bytes: 2,
    scales: [0],
    ...half,
    decode(data, into) {
      const table = halves();
      for (let i = 0; i < into.length; i++) into[i] = table[data[2 * i]! | (data[2 * i + 1]! << 8)]!;
    },
    encode(numbers, into) {
      numbers.forEach((number, i) => {
        store(into, 2 * i, toHalf(number));
      });
    },
  },
  /** The upper half of a float32. */
  BF16: {
    numbers: 1,
    bytes: 2,
    scales: [0],
    exponent: 0x7f80,
    decode(data, into) {
      const words = new Uint32Array(into.buffer, into.byteOffset, into.length);
      for (let i = 0; i < into.length; i++) words[i] = (data[2 * i]! << 16) | (data[2 * i + 1]! << 24);
    },
  },
  /** d · q */
  Q8_0: {
    numbers: 32,
    bytes: 34,
    scales: [0],
    ...half,
    decode(data, into) {
      const table = halves();
      for (let at = 0, from = 0; at < into.length; at += 32, from += 34) {
        const d = table[data[from]! | (data[from + 1]! << 8)]!;
        for (let i = 0; i < 32; i++) into[at + i] = d * signed(data[from + 2 + i]!);
      }
    },
    encode(numbers, into) {
      for (let at = 0, to = 0; at < numbers.length; at += 32, to += 34) {
        let largest = 0;
        for (let i = 0; i < 32; i++) largest = Math.max(largest, Math.abs(numbers[at + i]!));
        const d = Math.fround(largest / 127);
        const inverse = d === 0 ? 0 : Math.fround(1 / d);
        store(into, to, toHalf(d));
        for (let i = 0; i < 32; i++) into[to + 2 + i] = awayFromZero(Math.fround(numbers[at + i]! * inverse));
      }
    },
  },
  /** d · (q − 8); the low halves of 16 bytes come first. */
  Q4_0: {
    numbers: 32,
    bytes: 18,
    scales: [0],
    ...half,
    decode(data, into) {
      const table = halves();
      for (let at = 0, from = 0; at < into.length; at += 32, from += 18) {
        const d = table[data[from]! | (data[from + 1]! << 8)]!;
        for (let i = 0; i < 16; i++) {
          const pair = data[from + 2 + i]!;
          into[at + i] = d * ((pair & 15) - 8);
          into[at + 16 + i] = d * ((pair >> 4) - 8);
        }
      }
    },
    encode(numbers, into) {
      for (let at = 0, to = 0; at < numbers.length; at += 32, to += 18) {
        let farthest = 0;
        for (let i = 0; i < 32; i++) {
          if (Math.abs(numbers[at + i]!) > Math.abs(farthest)) farthest = numbers[at + i]!;
        }
        const d = Math.fround(farthest / -8);
        const inverse = d === 0 ? 0 : Math.fround(1 / d);
        const of = (i: number) => Math.min(15, Math.trunc(Math.fround(numbers[at + i]! * inverse) + 8.5));
        store(into, to, toHalf(d));
        for (let i = 0; i < 16; i++) into[to + 2 + i] = of(i) | (of(16 + i) << 4);
      }
    },
  },
  /** d · q + m */
  Q4_1: {
    numbers: 32,
    bytes: 20,
    scales: [0, 2],
    ...half,
    decode(data, into) {
      const table = halves();
      for (let at = 0, from = 0; at < into.length; at += 32, from += 20) {
        const d = table[data[from]! | (data[from + 1]! << 8)]!;
        const m = table[data[from + 2]! | (data[from + 3]! << 8)]!;
        for (let i = 0; i < 16; i++) {
          const pair = data[from + 4 + i]!;
          into[at + i] = d * (pair & 15) + m;
          into[at + 16 + i] = d * (pair >> 4) + m;
        }
      }
    },
  },
  /** d · s · q − dmin · m, of eight parts of 32 numbers whose s and m have six bits. */
  Q4_K: {
    numbers: 256,
    bytes: 144,
    scales: [0, 2],
    ...half,
    decode(data, into) {
      const table = halves();
      for (let at = 0, from = 0; at < into.length; from += 144) {
        const d = table[data[from]! | (data[from + 1]! << 8)]!;
        const dmin = table[data[from + 2]! | (data[from + 3]! << 8)]!;
        for (let part = 0; part < 8; part++, at += 32) {
          const factor = d * scaleOf(data, from + 4, part);
          const offset = dmin * minOf(data, from + 4, part);
          const quants = from + 16 + (part >> 1) * 32;
          const shift = (part & 1) * 4;
          for (let i = 0; i < 32; i++) into[at + i] = factor * ((data[quants + i]! >> shift) & 15) - offset;
        }
      }
    },
  },
  /** d · s · (q − 32), of sixteen parts of 16 numbers whose s has eight bits. */
  Q6_K: {
    numbers: 256,
    bytes: 210,
    scales: [208],
    ...half,
    decode(data, into) {
      const table = halves();
      for (let at = 0, from = 0; at < into.length; from += 210) {
        const d = table[data[from + 208]! | (data[from + 209]! << 8)]!;
        for (let part = 0; part < 16; part++, at += 16) {
          const factor = d * signed(data[from + 192 + part]!);
          const quarter = (part & 7) >> 1;
          const low = from + (part >> 3) * 64 + (part & 3) * 16;
          const high = from + 128 + (part >> 3) * 32 + (part & 1) * 16;
          const [lowShift, highShift] = [(quarter >> 1) * 4, quarter * 2];
          for (let i = 0; i < 16; i++) {
            const bits = ((data[low + i]! >> lowShift) & 15) | (((data[high + i]! >> highShift) & 3) << 4);
            into[at + i] = factor * (bits - 32);
          }
        }
      }
    },
  },
} satisfies Record<string, BlockType>;

export type BlockDtype = keyof typeof blocks;

export const blockTypes: Readonly<Record<BlockDtype, BlockType>> = blocks;

/** The number of the first block whose numbers are not finite, or −1. */
export function brokenBlock(type: BlockDtype, data: Uint8Array): number {
  const { bytes, scales, exponent } = blockTypes[type];
  for (const scale of scales) {
    for (let at = scale; at < data.length; at += bytes) {
      if (((data[at]! | (data[at + 1]! << 8)) & exponent) === exponent) return Math.floor(at / bytes);
    }
  }
  return -1;
}

function store(into: Uint8Array, at: number, bits: number): void {
  into[at] = bits;
  into[at + 1] = bits >> 8;
}

/** The nearest whole number, of two the one farther from zero. */
const awayFromZero = (value: number) => Math.sign(value) * Math.floor(Math.abs(value) + 0.5);

/** Scale of a part of Q4_K: the lower four parts have six bits in one place, the upper four have them in two pieces. */
function scaleOf(data: Uint8Array, at: number, part: number): number {
  if (part < 4) return data[at + part]! & 63;
  return (data[at + part + 4]! & 15) | ((data[at + part - 4]! >> 6) << 4);
}

/** Minimum of a part of Q4_K, which lies as its scale does. */
function minOf(data: Uint8Array, at: number, part: number): number {
  if (part < 4) return data[at + part + 4]! & 63;
  return (data[at + part + 4]! >> 4) | ((data[at + part]! >> 6) << 4);
}
