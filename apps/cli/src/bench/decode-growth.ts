/** Contests of decoding against itself: the same token where the block is larger, and where it is fuller. */
import { type LanguageModel, languageModel, type Session } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import type { Contender, Contest, Planned } from './contest.ts';
import { randomModel, randomTokens, type Size } from './models.ts';

const TOKENS = 16;
/** Tokens in the open block before those that are timed. */
const FEW = 32;
const smallest = 64;
const sizes = [1024, 2048];

const sizeOf = (blockSize: number): Size => ({
  ...{ blockSize, memorySegments: 0, famLength: 64, width: 512, heads: 8, layers: 2 },
});
const shape = '2 layers of width 512, FAM of 64';
/** Tokens in a block that the timed ones do not fill. */
const many = (blockSize: number) => blockSize - 2 * TOKENS;
/** Keys and values that attention reads for one of the timed tokens. */
const readBy = (tokens: number, blockSize: number) => tokens + TOKENS / 2 + sizeOf(blockSize).famLength;

/** The first row's time is that of the small block, so that the ratio is that of the last to the first. */
export const growthContests: Planned[] = sizes.flatMap((blockSize) => [
  {
    subject: `${shape}: ${FEW} tokens in a block of ${smallest} or of ${blockSize}`,
    pass: `${TOKENS} tokens`,
    prepare: () => compared([smallest, FEW], [blockSize, FEW]),
  },
  {
    subject:
      `${shape}: ${FEW} or ${many(blockSize)} tokens in a block of ${blockSize}, of which attention reads ` +
      `${(readBy(many(blockSize), blockSize) / readBy(FEW, blockSize)).toFixed(1)} times the bytes`,
    pass: `${TOKENS} tokens`,
    prepare: () => compared([blockSize, FEW], [blockSize, many(blockSize)]),
  },
]);

type Place = readonly [blockSize: number, tokens: number];

async function compared(first: Place, last: Place): Promise<Contest> {
  const [ours, peer] = [await writerAt(first), await writerAt(last)];
  // What a token sees is the same wherever as many tokens are in the first block.
  const tolerance = first[1] === last[1] ? { relative: 1e-3, absolute: 1e-5 } : undefined;
  const dispose = () => {
    ours.dispose();
    peer.dispose();
  };
  return { ours: ours.contender, peer: peer.contender, tolerance, dispose };
}

/** A session in its first block, and what writes on from there, in a fork each time. */
async function writerAt([blockSize, count]: Place): Promise<{ contender: Contender; dispose(): void }> {
  const model = randomModel(sizeOf(blockSize));
  const shared: LanguageModel<undefined> = languageModel(model);
  const base = shared.session();
  await base.read(randomTokens(count - 1));
  const [first, ...tokens] = randomTokens(TOKENS + 1, 5);
  let fork: Session | undefined;

  const contender: Contender = {
    name: `${count} of ${blockSize}`,
    /** The first token of a fork may copy what it shares with others; the timed ones copy nothing. */
    async prepare() {
      fork?.dispose();
      fork = base.fork();
      await fork.read([first!]);
    },
    async run() {
      for (const token of tokens) {
        await fork!.logits();
        await fork!.read([token]);
      }
      return (await fork!.logits())!.map((logits) => tf.tensor1d(logits));
    },
  };
  const dispose = () => {
    fork?.dispose();
    base.dispose();
    shared.dispose();
    tf.dispose(model.weights);
  };
  return { contender, dispose };
}
