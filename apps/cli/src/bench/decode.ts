/** Contests of decoding: a session that generates, one token at a time. */
import { languageModel, type Session } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import type { Contest, Planned } from './contest.ts';
import { randomModel, randomTokens, type Size } from './models.ts';
import { withAndWithoutKernels } from './without-kernels.ts';

const TOKENS = 16;

const sizes: Record<string, Size> = {
  '2 layers of width 64, blocks of 64, FAM of 8': {
    ...{ blockSize: 64, memorySegments: 0, famLength: 8, width: 64, heads: 4, layers: 2 },
  },
  '4 layers of width 256, blocks of 256, memory of 256, FAM of 32': {
    ...{ blockSize: 256, memorySegments: 1, famLength: 32, width: 256, heads: 4, layers: 4 },
  },
};

export const decodeContests: Planned[] = Object.entries(sizes).map(([subject, size]) => ({
  subject,
  pass: `${TOKENS} tokens`,
  prepare: () => decoding(size),
}));

/** Two sessions that have read a block and a half, and write the same text. */
async function decoding(size: Size): Promise<Contest> {
  const model = randomModel(size);
  const shared = languageModel(model);
  const kernels = shared.session();
  await kernels.read([randomTokens(1.5 * size.blockSize)]);
  const composition = kernels.fork();
  const tokens = [...randomTokens(TOKENS, 5)];

  const write = (session: Session) => async () => {
    for (const token of tokens) {
      await session.logits();
      await session.read([token]);
    }
    return (await session.logits())!.map((logits) => tf.tensor1d(logits));
  };
  return {
    ...withAndWithoutKernels(write(kernels), write(composition)),
    tolerance: { relative: 1e-3, absolute: 1e-5 },
    dispose() {
      kernels.dispose();
      composition.dispose();
      shared.dispose();
      tf.dispose(model.weights);
    },
  };
}
