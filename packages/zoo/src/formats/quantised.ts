/** The quantised numbers of GGUF files: blocks of a row with a scale of their own, after ggml's `ggml-quants.c`. */
import { halves } from './halves.ts';

/** A kind of block: how many numbers it holds, in how many bytes, and which numbers they are. */
interface BlockType {
  numbers: number;
  bytes: number;
  /** Writes the numbers of all blocks. A scale that is no finite number leaves none of its block finite, the first included. */
  decode(data: Uint8Array, into: Float32Array): void;
}

const signed = (byte: number) => (byte << 24) >> 24;

export const blockTypes = {
  /** d · q */
  Q8_0: {
    numbers: 32,
    bytes: 34,
    decode(data, into) {
      const half = halves();
      for (let at = 0, from = 0; at < into.length; at += 32, from += 34) {
        const d = half[data[from]! | (data[from + 1]! << 8)]!;
        for (let i = 0; i < 32; i++) into[at + i] = d * signed(data[from + 2 + i]!);
      }
    },
  },
  /** d · (q − 8); the low halves of 16 bytes come first. */
  Q4_0: {
    numbers: 32,
    bytes: 18,
    decode(data, into) {
      const half = halves();
      for (let at = 0, from = 0; at < into.length; at += 32, from += 18) {
        const d = half[data[from]! | (data[from + 1]! << 8)]!;
        for (let i = 0; i < 16; i++) {
          const pair = data[from + 2 + i]!;
          into[at + i] = d * ((pair & 15) - 8);
          into[at + 16 + i] = d * ((pair >> 4) - 8);
        }
      }
    },
  },
  /** d · q + m */
  Q4_1: {
    numbers: 32,
    bytes: 20,
    decode(data, into) {
      const half = halves();
      for (let at = 0, from = 0; at < into.length; at += 32, from += 20) {
        const d = half[data[from]! | (data[from + 1]! << 8)]!;
        const m = half[data[from + 2]! | (data[from + 3]! << 8)]!;
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
    decode(data, into) {
      const half = halves();
      for (let at = 0, from = 0; at < into.length; from += 144) {
        const d = half[data[from]! | (data[from + 1]! << 8)]!;
        const dmin = half[data[from + 2]! | (data[from + 3]! << 8)]!;
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
    decode(data, into) {
      const half = halves();
      for (let at = 0, from = 0; at < into.length; from += 210) {
        const d = half[data[from + 208]! | (data[from + 209]! << 8)]!;
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

export type BlockDtype = keyof typeof blockTypes;

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
