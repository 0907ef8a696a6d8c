/** Registers the gradients of the core ops for bundlers, without the rest of `@tensorflow/tfjs`. */
import '@tensorflow/tfjs-core/dist/register_all_gradients';
