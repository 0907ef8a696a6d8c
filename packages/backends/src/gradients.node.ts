/** Registers the gradients of the core ops in Node, where `@tensorflow/tfjs-core` is CommonJS and registers none itself. */
import '@tensorflow/tfjs';
