/** Says what the running backend computes on. */
import * as tf from '@tensorflow/tfjs-core';
import { starters } from '#platform';
import type { BackendDescription } from './description.ts';
import { BackendUnavailableError, require } from './errors.ts';
import type { BackendName } from './names.ts';

/** @throws BackendUnavailableError when no backend of ours runs */
export function describeBackend(): BackendDescription {
  const { backendName, registry } = tf.engine();
  const name = backendName as BackendName;
  const [starter, running] = [starters[name], registry[name]];
  require(starter && running, BackendUnavailableError, () => ({
    wrong: name ? `FAM.js did not start the backend ${name}.` : 'No backend runs.',
    expected: `one of ${Object.keys(starters).join(', ')}.`,
    remedy: 'await setBackend() first.',
  }));
  return { name, ...starter.describe(running) };
}
