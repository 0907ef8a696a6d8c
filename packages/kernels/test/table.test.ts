/** The table of ops and backends says what is so: a kernel that is promised is there, and none is there that it leaves out. */
import { describeEachBackend } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import document from '../../../docs/backends.md?raw';
import { exported, namesOn } from './names.ts';

const [head, , ...rows] = document
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

/** The column of a backend, by op. */
const promised = (backend: string) =>
  Object.fromEntries(rows.map((row) => [row[1], row[head!.indexOf(backend)]]));

describeEachBackend('the table of ops', (backend) => {
  test('has a row for each op, and says where it has a kernel', () => {
    const found = namesOn(backend).map((name) => [name, tf.getKernel(name, backend) ? 'kernel' : '–']);
    expect(promised(backend)).toEqual({
      ...Object.fromEntries(rows.map(([, name]) => [name, '–'])),
      ...Object.fromEntries(found),
    });
  });

  test('speaks of gradients too', () => {
    const withGradient = exported.flatMap((value) =>
      typeof value === 'function' && 'reference' in value && 'kernelName' in value
        ? [String(value.kernelName)]
        : [],
    );
    for (const name of withGradient)
      expect([name, tf.getKernel(`${name}Grad`, backend) ? 'kernel' : '–']).toEqual([
        name,
        promised(backend)[name],
      ]);
  });
});
