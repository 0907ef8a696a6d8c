/** Which versions of what are running. */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

export const famjsVersion: string = manifest.version;

/** The version of the engine behind the current backend: TensorFlow's own, or that of TensorFlow.js. */
export function backendVersion(): string {
  const { binding } = tf.backend() as { binding?: { TF_Version: string } };
  return binding ? `TensorFlow ${binding.TF_Version}` : `TensorFlow.js ${tf.version_core}`;
}
