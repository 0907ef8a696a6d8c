/** Contests of a layer: with our kernels and without, its blocks at once and one by one, with FAM and without. */
import { tidied } from '@famjs/backends';
import { disposeState, keepState, type Schedule, startState } from '@famjs/layer';
import { type Model, readTokens, stackOf } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import type { Contender, Contest, Planned } from './contest.ts';
import { randomModel, randomTokens, type Size } from './models.ts';
import { type Pass, passes, runPass, toleranceOf } from './pass.ts';
import { withAndWithoutKernels } from './without-kernels.ts';

const large = { blockSize: 512, memorySegments: 1, famLength: 64, width: 512, heads: 8, layers: 1 };
const small = { blockSize: 64, memorySegments: 1, famLength: 8, width: 256, heads: 4, layers: 1 };
const wide = { ...large, blockSize: 1024 };

const subjects: Record<string, (pass: Pass) => Contest> = {
  'layer of width 512: block of 512, memory of 512, FAM of 64': (pass) => {
    const reading = readingOf(large, 1);
    return contest(pass, withAndWithoutKernels(reading.contender('', pass).run), [reading]);
  },
  'layer of width 256: 16 blocks of 64 at once or one by one': (pass) => {
    const reading = readingOf(small, 16);
    const [ours, peer] = [reading.contender('scan', pass), reading.contender('blocks', pass, 'block')];
    return contest(pass, { ours, peer }, [reading]);
  },
  'layer of width 512: FAM of 64 or none (BSWA), blocks of 1024': (pass) => {
    const [fam, none] = [readingOf(wide, 2), readingOf({ ...wide, famLength: 0 }, 2)];
    const contenders = { ours: fam.contender('FAM', pass), peer: none.contender('BSWA', pass) };
    return { ...contest(pass, contenders, [fam, none]), tolerance: undefined };
  },
};

export const stepContests: Planned[] = Object.entries(subjects).flatMap(([subject, prepare]) =>
  passes.map((pass) => ({ subject, pass, prepare: () => prepare(pass) })),
);

/** Blocks of a text that a model is about to read, after one block that its memory segment holds. */
interface Reading {
  contender(name: string, pass: Pass, schedule?: Schedule): Contender;
  dispose(): void;
}

function readingOf(size: Size, blocks: number): Reading {
  const model = randomModel(size);
  const { blockSize, width } = size;
  const tokens = tf.tensor2d(randomTokens(blocks * blockSize), [1, blocks * blockSize], 'int32');
  const dy = tf.randomNormal([1, blocks * blockSize, width], 0, 1, 'float32', 3);
  const state = tidied(() => {
    const first = tf.tensor2d(randomTokens(blockSize, 4), [1, blockSize], 'int32');
    const stack = stackOf(model);
    return keepState(readTokens(model, stack, first, startState(stack, 1)).state);
  });
  // Neither the final norm nor the prompt, whose FAM the state has, takes part.
  const names = Object.keys(model.weights).filter(
    (name) => name !== 'model.norm.weight' && name !== 'fam.prompt',
  );

  const read = (schedule: Schedule) => (given: tf.Tensor[]) => {
    const weights = Object.fromEntries(names.map((name, index) => [name, given[index]!]));
    const changed: Model = { ...model, weights: { ...model.weights, ...weights } };
    return readTokens(changed, stackOf(changed), tokens, state, { schedule }).hidden();
  };
  const given = names.map((name) => model.weights[name]!);
  return {
    contender: (name, pass, schedule = 'scan') => ({
      name,
      run: () => runPass(pass, read(schedule), given, dy),
    }),
    dispose() {
      tf.dispose([model.weights, tokens, dy]);
      disposeState(state);
    },
  };
}

function contest(pass: Pass, contenders: Pick<Contest, 'ours' | 'peer'>, readings: Reading[]): Contest {
  const dispose = () => {
    for (const reading of readings) reading.dispose();
  };
  return { ...contenders, tolerance: toleranceOf(pass), dispose };
}
