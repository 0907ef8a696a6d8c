/** Registers attention for the webgl backend. */
import { registerWebglKernels } from '@famjs/backends/webgl';
import { kernelsFor } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import { blockAttentionOp } from '../attention.ts';
import { plainCalls, type Room } from '../terms.ts';
import { backward, forward } from './attention.ts';
import { mostBlocks } from './layout.ts';

const room: Room = {
  mostBlocks: (sizes) => mostBlocks(sizes, tf.env().getNumber('WEBGL_MAX_TEXTURE_SIZE')),
};

export const install = () =>
  registerWebglKernels(kernelsFor(blockAttentionOp, { forward, gradient: backward, ...plainCalls, ...room }));
