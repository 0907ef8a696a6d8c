/** Which backends the suites run on, and why not on the others. In browsers, the loops of cpu would only repeat Node's. */
import { listBackends } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';

export const inBrowser = 'document' in globalThis;

export const reports = (await listBackends()).filter(({ name }) => !(inBrowser && name === 'cpu'));

export const startedBackends = reports.filter(({ started }) => started).map(({ name }) => name);

// TF.js takes a workgroup for each number of a small product, with barriers that cost a program that plays the GPU a third
// of a millisecond. Its kernel 2 computes the same in tiles.
if (reports.find(({ name }) => name === 'webgpu')?.description?.emulated)
  tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', 2);
