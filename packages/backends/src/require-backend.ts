/** Says that no backend was started, before TensorFlow.js does so in words that help nobody. */
import * as tf from '@tensorflow/tfjs-core';
import { BackendUnavailableError, require } from './errors.ts';

/**
 * For whoever is about to make tensors.
 *
 * @throws BackendUnavailableError where there is no backend, ours or another
 */
export function requireBackend(): void {
  require(tf.engine().backendNames().length > 0, BackendUnavailableError, () => ({
    wrong: 'No backend was started.',
    expected: 'one to compute on.',
    remedy: "await setBackend('auto') of @famjs/backends first.",
  }));
}
