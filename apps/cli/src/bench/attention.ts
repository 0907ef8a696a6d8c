/** Contests of attention: our kernel against the plain composition of TF.js ops, and one call against one for each block. */
import { type BlockAttention, blockAttention } from '@famjs/kernels';
import * as tf from '@tensorflow/tfjs-core';
import type { Contest, Planned } from './contest.ts';
import { type Pass, passes, runPass, toleranceOf } from './pass.ts';
import { causalMask, plainAttention } from './plain-attention.ts';

/** One block of one text. Sizes by the letters of `BlockAttention`. */
interface Shape {
  H: number;
  D: number;
  /** Queries; they stand at the end of the block. */
  N: number;
  /** Keys of the block, and of each of the m memory segments. */
  M: number;
  F: number;
  m: number;
  causal: boolean;
}

const block: Shape = { H: 8, D: 64, N: 512, M: 512, F: 64, m: 1, causal: true };

/** Subjects by what they are called; the first is the shape by which speed is judged. */
const shapes: Record<string, Shape> = {
  '8 heads of 64: block of 512, memory of 512, FAM of 64': block,
  '8 heads of 64: one token over 512 + 512 + 64': { ...block, N: 1 },
  '8 heads of 64: FAM update of 64 over 512 + 64': { ...block, N: 64, m: 0, causal: false },
  '4 heads of 16: block of 64, FAM of 8': { ...block, H: 4, D: 16, N: 64, M: 64, F: 8, m: 0 },
};

/** Heads whose blocks are read at once or one by one. */
const scans = {
  '8 heads of 64: 16 blocks of 64 in one call or 16': { H: 8, D: 64 },
  '4 heads of 16: 16 blocks of 64 in one call or 16': { H: 4, D: 16 },
};

export const attentionContests: Planned[] = [
  ...Object.entries(shapes).flatMap(([subject, shape]) =>
    passes.map((pass) => ({ subject, pass, prepare: () => againstPlain(shape, pass) })),
  ),
  ...Object.entries(scans).flatMap(([subject, heads]) =>
    passes.map((pass) => ({ subject, pass, prepare: () => scanAgainstBlocks(heads, pass) })),
  ),
];

function againstPlain({ H, D, N, M, F, m, causal }: Shape, pass: Pass): Contest {
  const normal = (n: number, seed: number) => tf.randomNormal([n, H, D], 0, 1, 'float32', seed);
  const lengths = [N, M, M, F, F, ...(m > 0 ? [m * M, m * M] : [])];
  const tokens = lengths.map((n, index) => normal(n, index + 1));
  const dy = normal(N, 99);
  const inBlocks = tokens.map((x) => tf.reshape(x, [1, 1, ...x.shape]));
  const dyInBlocks = tf.reshape(dy, [1, 1, ...dy.shape]);
  const visible = tf.tensor1d([m], 'int32');
  const mask = causal ? causalMask(N, M, F + m * M, M - N) : undefined;

  const kernel = ([q, k, v, famK, famV, memoryK, memoryV]: tf.Tensor[]) =>
    blockAttention({
      ...{ q: q!, k: k!, v: v!, fam: { k: famK!, v: famV! } },
      memory: memoryK && { k: memoryK, v: memoryV! },
      visible,
      causalOffset: causal ? M - N : undefined,
    });
  const plain = ([q, k, v, famK, famV, memoryK, memoryV]: tf.Tensor[]) =>
    memoryK
      ? plainAttention(q!, [famK!, memoryK, k!], [famV!, memoryV!, v!], mask)
      : plainAttention(q!, [famK!, k!], [famV!, v!], mask);
  return {
    ours: {
      name: 'kernel',
      run: () => runPass(pass, kernel, inBlocks, dyInBlocks),
    },
    peer: { name: 'plain TF.js', run: () => runPass(pass, plain, tokens, dy) },
    tolerance: toleranceOf(pass),
    dispose: () => tf.dispose([...tokens, ...inBlocks, dy, dyInBlocks, visible, ...(mask ? [mask] : [])]),
  };
}

/** The blocks of a scan at once, against a call of the same kernel for each of them. */
function scanAgainstBlocks({ H, D }: Pick<Shape, 'H' | 'D'>, pass: Pass): Contest {
  const [T, C, F] = [16, 64, 8];
  const normal = (blocks: number, n: number, seed: number) =>
    tf.randomNormal([1, blocks, n, H, D], 0, 1, 'float32', seed);
  const own = [1, 2, 3].map((seed) => normal(T, C, seed));
  const fam = [4, 5].map((seed) => normal(T, F, seed));
  const memory = [6, 7].map((seed) => normal(1, C, seed));
  const dy = normal(T, C, 8);
  const visible = tf.tensor1d([1], 'int32');
  const attend = (call: Omit<BlockAttention, 'causalOffset' | 'memory'>, [k, v]: tf.Tensor[]) =>
    blockAttention({ ...call, memory: { k: k!, v: v! }, visible, causalOffset: 0 });

  const scan = [...own, ...fam, ...memory];
  const atOnce = ([q, k, v, famK, famV, ...memory]: tf.Tensor[]) =>
    attend({ q: q!, k: k!, v: v!, fam: { k: famK!, v: famV! } }, memory);

  const kinds = [...own, ...fam];
  const pieces = [...kinds.flatMap((tensor) => tf.split(tensor, T, 1)), ...memory];
  const oneByOne = (given: tf.Tensor[]) => {
    const of = (kind: number, t: number) => given[kind * T + t]!;
    const before = (t: number) => (t === 0 ? given.slice(-2) : [of(1, t - 1), of(2, t - 1)]);
    const values = Array.from({ length: T }, (_, t) =>
      attend({ q: of(0, t), k: of(1, t), v: of(2, t), fam: { k: of(3, t), v: of(4, t) } }, before(t)),
    );
    return tf.concat(values, 1);
  };
  const joined = (results: tf.Tensor[]) => [
    ...kinds.map((_, kind) => tf.concat(results.slice(kind * T, (kind + 1) * T), 1)),
    ...results.slice(-2),
  ];
  return {
    ours: { name: 'one call', run: () => runPass(pass, atOnce, scan, dy) },
    peer: {
      name: '16 calls',
      run: () => runPass(pass, oneByOne, pieces, dy),
      comparable: (results) => (pass === 'forward' ? results : joined(results)),
    },
    tolerance: toleranceOf(pass),
    dispose: () => tf.dispose([...scan, ...pieces, dy, visible]),
  };
}
