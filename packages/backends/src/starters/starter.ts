/** What it takes to start a backend: one object a backend, whose package is imported only when it is asked for. */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendDescription } from '../description.ts';
import type { BackendName } from '../names.ts';
import type { BackendOptions } from '../options.ts';

export interface Starter {
  /**
   * Asks the platform for a device, before the backend's package is downloaded.
   *
   * @returns the device's name where it is a program, undefined otherwise
   * @throws Error that says why there is none
   */
  findProgram?(options: BackendOptions): Promise<string | undefined>;
  /**
   * Imports the backend's package and registers the backend with the engine.
   *
   * @throws Error that says why the backend does not run here
   */
  load(options: BackendOptions): Promise<unknown>;
  /** What the backend, which runs, computes on. */
  describe(backend: tf.KernelBackend): Omit<BackendDescription, 'name'>;
}

/** The backends of a platform, best first. */
export type Starters = Partial<Record<BackendName, Starter>>;

/** TensorFlow.js computes by itself. */
export const tensorFlowJs = `TensorFlow.js ${tf.version_core}`;

/** Registers a backend of our making instead of the one that its package registers. */
export function registerInstead(name: BackendName, make: () => tf.KernelBackend): void {
  if (tf.engine().backendNames().includes(name)) tf.removeBackend(name);
  tf.registerBackend(name, make);
}
