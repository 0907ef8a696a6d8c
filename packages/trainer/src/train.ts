/** The training loop: batches in, weights changed, everything that happens told as a stream of events. */
import { onDevice } from '@famjs/backends';
import { requireTokens } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { metered } from './metered.ts';
import type { Run } from './run.ts';
import { settingsOf } from './settings.ts';
import { type Exchange, type StepResult, trainStep } from './train-step.ts';
import type { TrainingState } from './training-state.ts';

export type TrainingEvent =
  | ({
      type: 'step';
      /** Steps done. */
      step: number;
      steps: number;
      seconds: number;
      tokens: number;
      /** The most bytes of tensors at once, weights included; each buffer counts once. */
      peakBytes: number;
    } & StepResult)
  | { type: 'saved'; step: number };

export interface TrainingOptions {
  /** Stops between two steps, after saving. */
  signal?: AbortSignal;
  /** Writes a checkpoint of the state, which stays the loop's. */
  save?: (state: TrainingState) => Promise<void>;
  /** Seconds between checkpoints; 20 unless given. */
  saveEvery?: number;
  /** What happens to gradients before the update. */
  exchange?: Exchange;
}

/**
 * Trains from `state`, which the loop owns and changes in place: after the last event, or after an abort, it holds the
 * result. Equal states on the same backend give equal results, however often a run was interrupted. Steps without targets
 * read on and change no weight.
 *
 * @throws ConfigError when a setting is out of range, or lanes change their shape
 * @throws DeviceLostError when the GPU went away, and with it the state: unpack the last checkpoint after `setBackend()`
 * @throws NonFiniteError when the loss is not finite; the state is then that of the last good step
 * @throws DOMException `AbortError` when the signal fires; the state is then saved and whole
 */
export async function* train(
  { config, task, training }: Run,
  state: TrainingState,
  { signal, save, saveEvery = 20, exchange }: TrainingOptions = {},
): AsyncGenerator<TrainingEvent> {
  const settings = settingsOf(training);
  const { steps } = settings;
  let savedAt = performance.now();

  while (state.step < steps) {
    if (signal?.aborted) {
      await save?.(state);
      signal.throwIfAborted();
    }
    const began = performance.now();
    if (settings.restarts.includes(state.step)) beginOptimizerAnew(state);
    const batch = await task.batch(state.step, state.seed);
    requireTokens(batch.tokens, config);
    const { result, peakBytes } = await onDevice(() =>
      metered(state, () => trainStep(config, batch, settings, state, exchange)),
    );
    state.step++;
    const now = performance.now();
    const [step, seconds] = [state.step, (now - began) / 1000];
    yield { type: 'step', step, steps, seconds, tokens: batch.tokens.length, peakBytes, ...result };
    if (save && (now - savedAt > saveEvery * 1000 || state.step === steps)) {
      await save(state);
      savedAt = performance.now();
      yield { type: 'saved', step: state.step };
    }
  }
}

function beginOptimizerAnew(state: TrainingState): void {
  tf.dispose(state.slots ?? {});
  state.slots = undefined;
  state.updates = 0;
}
