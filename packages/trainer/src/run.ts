/** What a run of training is: by this a checkpoint knows whether it may go on. */
import { configFiles, fingerprintOf, type ModelConfig, samplesOfTensors } from '@famjs/zoo';
import type { Task } from './batch.ts';
import { settingsOf, type TrainingConfig } from './settings.ts';
import type { TrainingState } from './training-state.ts';

/** A model, what it reads, and how it is trained. */
export interface Run {
  config: ModelConfig;
  task: Task;
  training: TrainingConfig;
}

/**
 * Everything that decides the result of a run but for its length and its backend, as plain JSON. How long it goes, and how
 * it is saved, logged and cut into segments, may change on the way.
 */
export async function aboutRun({ config, task, training }: Run, state: TrainingState): Promise<object> {
  const { optimizer, objective, rate, restarts, disturbance, stopGradient, ...passing } =
    settingsOf(training);
  const { randomStatePassing, randomPositionOffset } = passing;
  const { seed, weights, trainable } = state;
  const frozen = Object.entries(weights).filter(([name]) => !trainable.includes(name));
  return {
    model: configFiles(config),
    trained: frozen.length === 0 ? 'all weights' : trainable.join(', '),
    frozen:
      frozen.length === 0
        ? 'none'
        : await fingerprintOf(config, await samplesOfTensors(Object.fromEntries(frozen))),
    data: task.about,
    seed,
    objective: objective.about,
    optimizer: { ...optimizer.about, rate, restarts },
    disturbance,
    // Checkpoints from before there was this choice go on.
    ...(stopGradient !== 'none' && { stopGradient }),
    randomStatePassing,
    randomPositionOffset,
  };
}

/**
 * What of this decides the first `step` steps: stages and pieces of schedules that begin later may still change, and so may the length of one
 * that is the same all along.
 */
export function until(step: number, about: unknown): unknown {
  if (Array.isArray(about))
    return about.every(isStage) ? begun(step, about) : about.map((part) => until(step, part));
  if (!isObject(about)) return about;
  return Object.fromEntries(
    Object.entries(about).map(([key, value]) =>
      key === 'restarts' ? [key, (value as number[]).filter((at) => at < step)] : [key, until(step, value)],
    ),
  );
}

interface Stage {
  steps: number;
  from?: number;
  to?: number;
}

const isStage = (value: unknown): value is Stage => isObject(value) && typeof value.steps === 'number';

function begun(step: number, stages: readonly Stage[]): object[] {
  let before = 0;
  return stages.flatMap((stage) => {
    const made = step - before;
    before += stage.steps;
    if (made <= 0) return [];
    return [stage.from === stage.to ? { ...stage, steps: Math.min(stage.steps, made) } : stage];
  });
}

/** In words, where two pieces of plain JSON differ: `optimizer.beta2 was 0.99 and is 0.999`. */
export function differences(before: unknown, now: unknown, path = ''): string[] {
  if (JSON.stringify(before) === JSON.stringify(now)) return [];
  if (!isObject(before) || !isObject(now)) return [`${path} was ${inWords(before)} and is ${inWords(now)}`];
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].flatMap((key) =>
    differences(before[key], now[key], path ? `${path}.${key}` : key),
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function inWords(value: unknown): string {
  if (value === undefined) return 'not given';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
