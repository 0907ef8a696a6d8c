/**
 * Loads `@tensorflow/tfjs-node` and checks a matrix product and a gradient. setup.mjs runs it in a child process, so that an
 * addon that crashes the process is only one more way to fail.
 *
 *   node verify.mjs <package directory>
 *
 * Exit status 0 and a line "tensorflow <version> verified": the addon works.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import util from 'node:util';

/** tfjs-node 4.22 still calls helpers that Node 23 removed. The project's loader does the same for the backend itself. */
function restoreRemovedUtilFunctions() {
  const removed = {
    isArray: Array.isArray,
    isNullOrUndefined: (value) => value === null || value === undefined,
  };
  // The module's namespace is frozen; what `require('util')` hands out, the default export, is not.
  for (const [name, implementation] of Object.entries(removed)) util[name] ??= implementation;
}

function expectClose(what, actual, expected) {
  const close =
    actual.length === expected.length && expected.every((value, i) => Math.abs(actual[i] - value) <= 1e-5);
  if (!close) throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}

function checkMatrixProduct(tf) {
  const a = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
  const b = tf.tensor2d([7, 8, 9, 10, 11, 12], [3, 2]);
  expectClose('matMul', Array.from(tf.matMul(a, b).dataSync()), [58, 64, 139, 154]);
}

function checkGradient(tf) {
  const gradient = tf.grad((x) => tf.sum(tf.square(x)));
  expectClose('gradient of sum(x^2)', Array.from(gradient(tf.tensor1d([1, -2, 3])).dataSync()), [2, -4, 6]);
}

restoreRemovedUtilFunctions();
const packageDir = path.resolve(process.argv[2]);
const tf = createRequire(import.meta.url)(packageDir);
if (tf.getBackend() !== 'tensorflow')
  throw new Error(`the active backend is "${tf.getBackend()}", not "tensorflow"`);
checkMatrixProduct(tf);
checkGradient(tf);
console.log(`tensorflow ${tf.backend().binding.TF_Version} verified`);
