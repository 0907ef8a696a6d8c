/** Whether the addon of an installed tfjs-node computes rightly: tried in a process of its own, which it may crash. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { run, type Work } from './programs.ts';

/** Where the addon lies in its package. N-API 8 is the highest that the package names; later versions of Node load it too. */
export const addonPath = path.join('lib', 'napi-v8', 'tfjs_binding.node');

/** CommonJS, as the packages are. Node 23 removed the two predicates, and `@famjs/backends` restores them for the backend. */
const program = `
  const util = require('node:util');
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
  const tf = require(process.argv[1]);
  function expectValues(what, tensor, expected) {
    const values = Array.from(tensor.dataSync());
    if (values.length !== expected.length || !values.every((value, i) => Math.abs(value - expected[i]) <= 1e-5))
      throw new Error(what + ': expected ' + expected + ', got ' + values);
  }
  if (tf.getBackend() !== 'tensorflow') throw new Error('the backend is ' + tf.getBackend());
  const a = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
  const b = tf.tensor2d([7, 8, 9, 10, 11, 12], [3, 2]);
  expectValues('the product', tf.matMul(a, b), [58, 64, 139, 154]);
  expectValues('the gradient', tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, -2, 3])), [2, -4, 6]);
  const { binding, isUsingGpuDevice } = tf.backend();
  console.log('works: ' + JSON.stringify({ version: binding.TF_Version, gpu: isUsingGpuDevice }));
`;

export interface Working {
  /** Of TensorFlow. */
  version: string;
  /** Whether it found a GPU to compute on. */
  gpu: boolean;
}

/** @returns what works, or what the failed attempt printed, or undefined where there is no addon */
export async function check(packageFolder: string, work: Work): Promise<Working | string | undefined> {
  if (!existsSync(path.join(packageFolder, addonPath))) return undefined;
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const env = { TF_CPP_MIN_LOG_LEVEL: work.verbose ? '0' : '2', ...inherited };
  const { ok, output } = await run(process.execPath, ['--eval', program, packageFolder], work, { env });
  const found = /^works: (.+)$/m.exec(output);
  return ok && found ? (JSON.parse(found[1]!) as Working) : output;
}
