/** A lost device hands out zeros, or nothing for ever: a guarded backend raises `DeviceLostError` instead. */
import * as tf from '@tensorflow/tfjs-core';
import { DeviceLostError } from './errors.ts';

interface Guard {
  /** Whether the device is lost, and why. */
  reason?: string | undefined;
  /** Asks the device, where it can be asked. */
  ask(): string | undefined;
  /** Ends the reads that wait for the device. */
  waiting: Set<(error: Error) => void>;
}

/** Milliseconds between a read that fails and the news of the loss. */
const patience = 1000;

const guards = new WeakMap<tf.KernelBackend, Guard>();

/**
 * From now on, whoever waits for values of `backend` gets them, or a `DeviceLostError` once its device is lost.
 *
 * @param watch calls back with the reason when the device is lost
 * @param ask why the device is lost, if it is, where that can be seen without waiting
 */
export function guardDevice<Backend extends tf.KernelBackend>(
  backend: Backend,
  watch: (onLost: (reason: string) => void) => void,
  ask: Guard['ask'] = () => undefined,
): Backend {
  const guard: Guard = { ask, waiting: new Set() };
  guards.set(backend, guard);
  watch((reason) => {
    guard.reason ??= reason;
    for (const reject of guard.waiting) reject(lostError(guard.reason));
  });

  const { read, readSync } = backend;
  backend.read = async (dataId) => {
    requireKept(backend);
    let stop!: (error: Error) => void;
    const lost = new Promise<never>((_, reject) => {
      stop = reject;
    });
    guard.waiting.add(stop);
    try {
      return await Promise.race([read.call(backend, dataId), lost]);
    } catch (error) {
      // Reads of a lost device may fail before the platform says why.
      await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, patience))]);
      throw error;
    } finally {
      guard.waiting.delete(stop);
    }
  };
  backend.readSync = (dataId) => {
    requireKept(backend);
    return readSync.call(backend, dataId);
  };
  return backend;
}

/**
 * Runs work of many kernels, of which some may await nothing from the device. If that is found lost at the end, what the
 * work threw or returned gives way to an error that says so.
 *
 * @throws DeviceLostError when the device of the running backend was lost
 */
export async function onDevice<Result>(work: () => Promise<Result>): Promise<Result> {
  const backend = tf.backend();
  try {
    const result = await work();
    requireKept(backend);
    return result;
  } catch (error) {
    requireKept(backend, error);
    throw error;
  }
}

export function isLost(backend: tf.KernelBackend): boolean {
  const guard = guards.get(backend);
  if (guard) guard.reason ??= guard.ask();
  return guard?.reason !== undefined;
}

function requireKept(backend: tf.KernelBackend, cause?: unknown): void {
  if (isLost(backend)) throw lostError(guards.get(backend)!.reason!, cause);
}

function lostError(reason: string, cause?: unknown): DeviceLostError {
  return new DeviceLostError(
    {
      wrong: `The device was lost: ${reason || 'nobody said why'}.`,
      expected: 'one that keeps its tensors; all that lay on it are gone.',
      remedy: 'call setBackend() for a fresh device or another backend, and go on from the last checkpoint.',
    },
    { cause },
  );
}
