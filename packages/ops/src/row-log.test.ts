/** Logs that grow, fork, are overtaken and taken back: every handle keeps its rows. */
import { ShapeError } from '@famjs/backends';
import { describeEachBackend, expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { appendRows, type RowLog } from './index.ts';

/** Backends whose kernel appends in place. */
const inPlace: string[] = ['cpu', 'wasm', 'webgpu'];

/** [2, n, 3] of values that tell where and when they were written. */
const rowsOf = (from: number, n: number, tag = 0) =>
  tf.tensor3d(
    [0, 1].map((b) => Array.from({ length: n }, (_, i) => [b, from + i, tag])),
    [2, n, 3],
  );

/** The first rows of a log are those that were appended with these tags, row by row. */
async function expectRows(log: RowLog, tags: number[]): Promise<void> {
  const held = tf.tidy(() => tf.slice(log.tensor, [0, 0, 0], [2, tags.length, 3]));
  const expected = [0, 1].flatMap((b) => tags.flatMap((tag, row) => [b, row, tag]));
  await expectClose(held, expected, { relative: 0, absolute: 0 });
  held.dispose();
}

function append(log: RowLog | undefined, at: number, n: number, tag = 0): RowLog {
  const rows = rowsOf(at, n, tag);
  const next = appendRows(log, rows, at);
  rows.dispose();
  return next;
}

describeEachBackend('a log of rows', (backend) => {
  test('keeps what was appended, however it grows', async () => {
    let log = append(undefined, 0, 3);
    for (const [at, n] of [
      [3, 1],
      [4, 13],
      [17, 1],
      [18, 40],
    ] as const) {
      const next = append(log, at, n);
      log.tensor.dispose();
      log = next;
    }
    await expectRows(log, Array(58).fill(0));
    log.tensor.dispose();
  });

  test('makes no room for more rows than there will be', async () => {
    let log: RowLog | undefined;
    for (let at = 0; at < 35; at += 5) {
      const rows = rowsOf(at, 5);
      const next = appendRows(log, rows, at, 35);
      expect(next.tensor.shape[1]).toBeLessThanOrEqual(35);
      tf.dispose([rows, ...(log ? [log.tensor] : [])]);
      log = next;
    }
    await expectRows(log!, Array(35).fill(0));
    log!.tensor.dispose();
  });

  test('forks that diverge keep their own rows, the overtaken one too', async () => {
    const trunk = append(undefined, 0, 5);
    const first = append(trunk, 5, 2, 1);
    const second = append(trunk, 5, 1, 2);
    const third = append(second, 6, 1, 3);
    const fourth = append(first, 7, 1, 4);
    await expectRows(trunk, [0, 0, 0, 0, 0]);
    await expectRows(first, [0, 0, 0, 0, 0, 1, 1]);
    await expectRows(third, [0, 0, 0, 0, 0, 2, 3]);
    await expectRows(fourth, [0, 0, 0, 0, 0, 1, 1, 4]);
    tf.dispose([trunk, first, second, third, fourth].map(({ tensor }) => tensor));
  });

  test('a state from before an aborted call goes on as if there had been none', async () => {
    const state = append(undefined, 0, 4);
    append(state, 4, 3, 9).tensor.dispose();
    const again = append(state, 4, 2, 1);
    await expectRows(again, [0, 0, 0, 0, 1, 1]);
    tf.dispose([state.tensor, again.tensor]);
  });

  test('what was read of a handle before stays true of the next one', async () => {
    const log = append(undefined, 0, 4);
    await log.tensor.data();
    const next = append(log, 4, 2, 1);
    await expectRows(next, [0, 0, 0, 0, 1, 1]);
    tf.dispose([log.tensor, next.tensor]);
  });

  test('is differentiable', async () => {
    const rows = [rowsOf(0, 2), rowsOf(2, 3)];
    const weights = rowsOf(0, 5, 7);
    const gradients = tf.tidy(() =>
      tf.grads((a, b) => tf.mul(appendRows(appendRows(undefined, a!, 0), b!, 2).tensor, weights))(rows),
    );
    await expectClose(gradients[0]!, await rowsOf(0, 2, 7).data(), { relative: 0, absolute: 0 });
    await expectClose(gradients[1]!, await rowsOf(2, 3, 7).data(), { relative: 0, absolute: 0 });
    tf.dispose([...gradients, ...rows, weights]);
  });

  test.runIf(inPlace.includes(backend))('appends in place, in the same memory', () => {
    let log = append(undefined, 0, 3);
    const { numDataBuffers, numTensors } = tf.memory();
    const held = tf.engine().backend.numDataIds();
    const storage = log.tensor.dataId;
    for (let at = 3; at < 16; at++) {
      const next = append(log, at, 1);
      log.tensor.dispose();
      log = next;
      expect(log.tensor.dataId).toBe(storage);
      expect(tf.memory()).toMatchObject({ numDataBuffers, numTensors });
      expect(tf.engine().backend.numDataIds()).toBe(held);
    }
    log.tensor.dispose();
  });

  test.runIf([...inPlace, 'tensorflow'].includes(backend))(
    'writes into the storage of the log itself',
    async () => {
      const log = append(undefined, 0, 3);
      const next = append(log, 3, 1, 5);
      expect((await log.tensor.data()).slice(9, 12)).toEqual(Float32Array.of(0, 3, 5));
      tf.dispose([log.tensor, next.tensor]);
    },
  );

  test('rows that do not fit, and places that were never reached, are refused', () => {
    const log = append(undefined, 0, 3);
    for (const [rows, at] of [
      [rowsOf(0, 1), 4],
      [rowsOf(0, 1), -1],
      [tf.zeros([1, 1, 3]), 3],
      [tf.zeros([2, 1, 4]), 3],
      [tf.zeros([2, 1, 3], 'int32'), 3],
    ] as const) {
      expect(() => appendRows(log, rows, at)).toThrow(ShapeError);
    }
    expect(() => appendRows(undefined, rowsOf(0, 1), 1)).toThrow(ShapeError);
    log.tensor.dispose();
  });
});
