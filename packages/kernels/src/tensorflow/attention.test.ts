/** Heads with so many scores that they are worked on in groups: the same as the composition, which is held against the oracle. */
import { describeEachBackend, expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { test } from 'vitest';
import { blockAttentionOp } from '../attention.ts';

describeEachBackend('attention of large heads', (backend) => {
  test.runIf(backend === 'tensorflow')('is the same as a composition of core ops', async () => {
    const shapes = {
      ...{ q: [2, 3, 128, 4, 16], k: [2, 3, 128, 2, 16], v: [2, 3, 128, 2, 16] },
      ...{ famK: [2, 3, 5, 2, 16], famV: [2, 3, 5, 2, 16] },
      ...{ memoryK: [2, 2, 128, 2, 16], memoryV: [2, 2, 128, 2, 16] },
    };
    const names = Object.keys(shapes);
    const evaluate = (attention: typeof blockAttentionOp.reference) =>
      tf.tidy(() => {
        const draw = (shape: number[], index: number) => tf.randomNormal(shape, 0, 1, 'float32', index + 1);
        const inputs = Object.values(shapes).map(draw);
        const attend = (...tensors: tf.Tensor[]) =>
          attention(
            Object.fromEntries(names.map((name, index) => [name, tensors[index]])) as never,
            { visible: tf.tensor1d([1, 2], 'int32'), rotationCos: undefined, rotationSin: undefined },
            { causalOffset: 0, scale: 0.25 },
          );
        return [attend(...inputs), ...tf.grads(attend)(inputs, draw(shapes.q, 99))];
      });
    const expected = evaluate(blockAttentionOp.reference);
    for (const [index, actual] of evaluate(blockAttentionOp).entries()) {
      const what = index === 0 ? 'attention' : `the gradient in ${names[index - 1]}`;
      await expectClose(actual, await expected[index]!.data(), { relative: 1e-4, absolute: 1e-5 }, what);
      actual.dispose();
    }
    tf.dispose(expected);
  });
});
