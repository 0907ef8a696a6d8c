/** Attention of blocks for TensorFlow.js' wasm backend: describe a call, name its tensors, run it forward or backward. */
export { backward } from './backward';
export { forward } from './forward';
export { describe, nameGradients, nameTensors, place, scratchBytes } from './problem';
