/** Attention in pieces passes the suite that attention in one call passes. */
import { setBackend } from '@famjs/backends';
import { beforeAll, describe, expect, test } from 'vitest';
import { blockAttention } from './index.ts';
import { inPieces } from './pieces.ts';
import { attentionChecks } from './testing/index.ts';
import { mostBlocks } from './webgl/layout.ts';

describe.each([1, 3])('attention of %i blocks at a time', (most) => {
  beforeAll(() => setBackend('wasm'));

  const attention: typeof blockAttention = (call) => inPieces(call, most, blockAttention);
  for (const { name, run } of attentionChecks({ attention, runs: 20 })) test(name, run);
});

test('no piece has more blocks than asked for', async () => {
  await setBackend('wasm');
  const { zeros } = await import('@tensorflow/tfjs-core');
  const counts: number[] = [];
  const x = zeros([3, 5, 2, 1, 4]);
  inPieces({ q: x, k: x, v: x }, 2, (piece) => {
    counts.push(piece.q.shape[0]! * piece.q.shape[1]!);
    return blockAttention(piece);
  });
  expect(counts).toEqual([2, 2, 1, 2, 2, 1, 2, 2, 1]);
});

test("the paper's blocks fit textures of 8,192 rows", () => {
  const sizes = { B: 1, T: 16, N: 1024, M: 1024, H: 16, Hkv: 16, D: 64, Dv: 64, F: 64, S: 0, m: 3, C: 1024 };
  expect(mostBlocks(sizes, 8192)).toBe(7);
});
