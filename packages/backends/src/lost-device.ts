/** A lost device hands out zeros and no errors: a guarded backend hands out none of them. */
import * as tf from '@tensorflow/tfjs-core';
import { DeviceLostError } from './errors.ts';

/** Why the devices of backends were lost. */
const lost = new WeakMap<tf.KernelBackend, string>();

/**
 * From now on, whoever waits for values of `backend` gets them or, once its device is lost, a `DeviceLostError`.
 *
 * @param watch calls back with a reason when the device is lost
 */
export function guardDevice<Backend extends tf.KernelBackend>(
  backend: Backend,
  name: string,
  watch: (onLost: (reason: string) => void) => void,
): Backend {
  const waiting = new Set<(error: Error) => void>();
  watch((reason) => {
    if (lost.has(backend)) return;
    lost.set(backend, `The device of ${name} was lost (${reason || 'it did not say why'}).`);
    for (const reject of waiting) reject(lostError(backend));
  });

  const { read, readSync } = backend;
  backend.read = async (dataId) => {
    if (lost.has(backend)) throw lostError(backend);
    const { promise, reject } = withResolvers<never>();
    waiting.add(reject);
    try {
      return await Promise.race([read.call(backend, dataId), promise]);
    } catch (error) {
      // The read may fail a moment before the platform says that the device is lost.
      await Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 50))]);
      throw error;
    } finally {
      waiting.delete(reject);
    }
  };
  backend.readSync = (dataId) => {
    if (lost.has(backend)) throw lostError(backend);
    return readSync.call(backend, dataId);
  };
  return backend;
}

/**
 * For loops that await without reading values.
 *
 * @throws DeviceLostError when the device of the running backend is lost
 */
export function requireDevice(): void {
  const { backendName, registry } = tf.engine();
  const running = registry[backendName];
  if (running && isLost(running)) throw lostError(running);
}

export const isLost = (backend: tf.KernelBackend) => lost.has(backend);

function lostError(backend: tf.KernelBackend): DeviceLostError {
  return new DeviceLostError({
    wrong: lost.get(backend)!,
    expected: 'a device that keeps its tensors; all that lay on it are gone.',
    remedy:
      'call setBackend() again, for a fresh device or another backend, and go on from the last checkpoint.',
  });
}

function withResolvers<Value>() {
  let reject!: (error: Error) => void;
  const promise = new Promise<Value>((_, rejected) => {
    reject = rejected;
  });
  // Most are never rejected, and none is anybody's to handle unless it wins a race.
  promise.catch(() => {});
  return { promise, reject };
}
