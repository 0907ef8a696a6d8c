/**
 * Times the attention kernel of a backend against the reference composition on the same backend, in alternation.
 *
 *     node --conditions=@famjs/source --import tsx packages/kernels/bench/attention.ts [--backend wasm] [--rounds 7]
 */
import { parseArgs } from 'node:util';
import { type BackendName, setBackend } from '@famjs/backends';
import { blockAttentionOp } from '@famjs/kernels';
import { rotaryTable } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';

interface Shape {
  title: string;
  B: number;
  T: number;
  N: number;
  C: number;
  H: number;
  D: number;
  F: number;
  m: number;
}

const shapes: Shape[] = [
  { title: 'two blocks of 512', B: 1, T: 2, N: 512, C: 512, H: 8, D: 64, F: 64, m: 1 },
  { title: 'eight blocks of 32', B: 32, T: 8, N: 32, C: 32, H: 2, D: 32, F: 8, m: 1 },
  { title: 'FAM of 8 over 32', B: 32, T: 1, N: 8, C: 32, H: 2, D: 32, F: 8, m: 0 },
];

const { values: options } = parseArgs({
  options: { backend: { type: 'string', default: 'wasm' }, rounds: { type: 'string', default: '7' } },
});

type Attention = typeof blockAttentionOp.reference;

/** What is timed, for an implementation of attention: forward, and forward with the gradients of all inputs. */
function tasksOf({ B, T, N, C, H, D, F, m }: Shape) {
  const normal = (...shape: number[]) => tf.randomNormal(shape) as tf.Tensor;
  const given = {
    ...{ q: normal(B, T, N, H, D), k: normal(B, T, C, H, D), v: normal(B, T, C, H, D) },
    ...{ famK: normal(B, T, F, H, D), famV: normal(B, T, F, H, D) },
    ...(m > 0 && { memoryK: normal(B, m, C, H, D), memoryV: normal(B, m, C, H, D) }),
  };
  const dy = normal(B, T, N, H, D);
  const distances = Array.from({ length: m }, (_, index) => (index + 1) * C);
  const { cos, sin } = rotaryTable(distances, D, 10_000);
  const constants = m > 0 ? { visible: tf.fill([B], m, 'int32'), rotationCos: cos, rotationSin: sin } : {};
  const attributes = { causalOffset: m > 0 ? 0 : undefined, scale: 1 / Math.sqrt(D) };
  const attend = (attention: Attention, tensors: tf.Tensor[]) => {
    const inputs = Object.fromEntries(Object.keys(given).map((name, index) => [name, tensors[index]]));
    return attention(inputs as never, constants as never, attributes);
  };
  const tensors = Object.values(given);
  return {
    forward: (attention: Attention) => attend(attention, tensors),
    'forward and gradient': (attention: Attention) =>
      tf
        .grads((...inputs) => attend(attention, inputs))(tensors, dy)
        .at(-1)!,
  };
}

/** Milliseconds until the result of a task can be read. */
async function time(task: () => tf.Tensor): Promise<number> {
  const start = performance.now();
  const result = tf.tidy(task);
  await result.data();
  const taken = performance.now() - start;
  result.dispose();
  return taken;
}

/** Quartiles of sorted times: lower, median, upper. */
const quartiles = (times: number[]) =>
  [0.25, 0.5, 0.75].map((share) => times[Math.floor(share * (times.length - 1))]!);

const backend = await setBackend(options.backend as BackendName);
const table: Record<string, object> = {};
for (const shape of shapes) {
  for (const [task, run] of Object.entries(tasksOf(shape))) {
    const contenders = [blockAttentionOp as Attention, blockAttentionOp.reference];
    const times: number[][] = [[], []];
    for (let round = -2; round < Number(options.rounds); round++) {
      for (const [index, contender] of contenders.entries()) {
        const taken = await time(() => run(contender));
        if (round >= 0) times[index]!.push(taken);
      }
    }
    const [kernel, composition] = times.map((of) => quartiles(of.sort((a, b) => a - b)));
    const shown = ([lower, median, upper]: number[]) =>
      `${median!.toFixed(2)} (${lower!.toFixed(2)}–${upper!.toFixed(2)})`;
    table[`${shape.title}, ${task}`] = {
      'kernel ms (quartiles)': shown(kernel!),
      'composition ms (quartiles)': shown(composition!),
      'times faster': Number((composition![1]! / kernel![1]!).toFixed(1)),
    };
  }
}
console.log(`Attention on ${backend}, medians of ${options.rounds} rounds in alternation`);
console.table(table);
