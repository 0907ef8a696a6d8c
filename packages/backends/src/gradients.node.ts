/**
 * Registers the gradients of the core ops in Node, where `@tensorflow/tfjs-core` is CommonJS and registers none itself.
 * `@tensorflow/tfjs`, which does, would bring 200 MB.
 */
import './gradients.node.bundle.js';
