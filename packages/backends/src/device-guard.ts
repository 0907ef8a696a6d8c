/**
 * A device that is lost, or refuses work, hands out zeros, or nothing for ever: a guarded backend raises `DeviceLostError` or
 * `GpuError` instead.
 */
import * as tf from '@tensorflow/tfjs-core';
import { DeviceLostError, GpuError } from './errors.ts';
import { kernelsReady } from './kernel-sets.ts';

interface Guard {
  /** Whether the device is lost, and why. */
  reason?: string | undefined;
  /** The first work that the device refused and nobody was told of yet. */
  refused?: string | undefined;
  /** Asks the device, where it can be asked. */
  ask(): string | undefined;
  /** Waits until the device has told of what was dispatched so far, not until it is done. */
  settle(): Promise<unknown>;
  /** Submits the work that was gathered so far, where the backend gathers it. */
  submit(): void;
  /** Ends the reads that wait for the device. */
  waiting: Set<(error: Error) => void>;
}

/** Milliseconds between a read that fails and the news of the loss. */
const patience = 1000;

/** What a device tells of itself. */
export interface News {
  lost(reason: string): void;
  refused(why: string): void;
}

const guards = new WeakMap<tf.KernelBackend, Guard>();

/**
 * From now on, whoever waits for values of `backend` gets them, or a `DeviceLostError` once its device is lost, or a
 * `GpuError` when it refused work before.
 *
 * @param watch calls back when the device is lost or refuses work
 * @param asking `ask` why the device is lost, if it is, where that can be seen without waiting
 */
export function guardDevice<Backend extends tf.KernelBackend>(
  backend: Backend,
  watch: (news: News) => void,
  {
    ask = () => undefined,
    settle = async () => {},
    submit = () => {},
  }: Partial<Pick<Guard, 'ask' | 'settle' | 'submit'>> = {},
): Backend {
  const guard: Guard = { ask, settle, submit, waiting: new Set() };
  guards.set(backend, guard);
  watch({
    lost(reason) {
      guard.reason ??= reason;
      for (const reject of guard.waiting) reject(lostError(guard.reason));
    },
    refused(why) {
      guard.refused ??= why;
    },
  });

  const { read, readSync } = backend;
  backend.read = async (dataId) => {
    requireSound(backend);
    let stop!: (error: Error) => void;
    const lost = new Promise<never>((_, reject) => {
      stop = reject;
    });
    guard.waiting.add(stop);
    try {
      const values = await Promise.race([read.call(backend, dataId), lost]);
      requireAccepted(guard);
      return values;
    } catch (error) {
      requireAccepted(guard, error);
      // Reads of a lost device may fail before the platform says why.
      await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, patience))]);
      throw error;
    } finally {
      guard.waiting.delete(stop);
    }
  };
  backend.readSync = (dataId) => {
    requireSound(backend);
    const values = readSync.call(backend, dataId);
    requireAccepted(guard);
    return values;
  };
  return backend;
}

/**
 * Runs work of many kernels, once those of packages that were imported late are there. Some may await nothing from the
 * device: if that is found lost at the end, what the
 * work threw or returned gives way to an error that says so.
 *
 * @throws DeviceLostError when the device of the running backend was lost
 * @throws GpuError when it refused work
 */
export async function onDevice<Result>(work: () => Promise<Result>): Promise<Result> {
  await kernelsReady();
  const backend = tf.backend();
  try {
    const result = await work();
    await guards.get(backend)?.settle();
    requireSound(backend);
    return result;
  } catch (error) {
    requireSound(backend, error);
    throw error;
  }
}

/** Whether values of the running backend are waited for, while it computes. */
export const computesAside = (): boolean => guards.has(tf.backend());

/** Has the device begin with all that it was given: some backends gather work, until they have enough of it or values are read. */
export const submitWork = (): void => guards.get(tf.backend())?.submit();

export function isLost(backend: tf.KernelBackend): boolean {
  const guard = guards.get(backend);
  if (guard) guard.reason ??= guard.ask();
  return guard?.reason !== undefined;
}

function requireSound(backend: tf.KernelBackend, cause?: unknown): void {
  const guard = guards.get(backend);
  if (!guard) return;
  if (isLost(backend)) throw lostError(guard.reason!, cause);
  requireAccepted(guard, cause);
}

/** Tells everybody who reads now of refused work, and then forgets it. */
function requireAccepted(guard: Guard, cause?: unknown): void {
  const { refused } = guard;
  if (refused === undefined || cause instanceof GpuError) return;
  queueMicrotask(() => {
    guard.refused = undefined;
  });
  const error = new GpuError(
    {
      wrong: `The GPU refused work: ${refused.trim().split('\n')[0]}`,
      expected: 'work within the limits of the device, which describeBackend() tells.',
      remedy: 'use smaller batches or another backend; what was computed since the last read is worthless.',
    },
    { cause },
  );
  for (const reject of guard.waiting) reject(error);
  throw error;
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
