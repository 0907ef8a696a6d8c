/** What TF.js' engine says of the call that is under way. */
import * as tf from '@tensorflow/tfjs-core';

/** Whether what runs now is recorded for a gradient. Where it is not, nothing needs to be saved. */
export const isTaped = (): boolean => tf.engine().state.gradientDepth > 0;
