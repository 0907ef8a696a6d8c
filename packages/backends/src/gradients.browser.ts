/** Registers the gradients of the core ops for bundlers, without the rest of `@tensorflow/tfjs`. */
// First, for registering a gradient reads a flag of its engine.
import '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
