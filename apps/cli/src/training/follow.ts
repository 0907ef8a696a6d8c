/** How a training run looks while it goes on. */
import type { Evaluated } from '@famjs/tasks';
import type { TrainingEvent, WatchedFam } from '@famjs/trainer';
import { type ModelConfig, weightShapes } from '@famjs/zoo';
import pc from 'picocolors';
import { bar, clock, megabytes, percent, plural, rough } from '../format.ts';
import { titleOf } from '../passkey/contestant.ts';
import type { View } from '../terminal/live.ts';
import { figuresOf } from './fam-view.ts';

type Step = TrainingEvent & { type: 'step' };

/** Single steps jump about; their means over so many do not. */
const WINDOW = 50;

export function followTraining(name: string, config: ModelConfig, steps: number) {
  const recent: Step[] = [];
  let seen: ReturnType<typeof figuresOf> = [];
  let seconds = 0;
  const mean = (of: (step: Step) => number) =>
    recent.reduce((sum, step) => sum + of(step), 0) / recent.length;
  const scores = () => {
    // Steps of a mixture have the scores of their tasks.
    const names = [...new Set(recent.flatMap(({ scores }) => Object.keys(scores)))];
    const shares = names.map((name) => {
      const known = recent.flatMap(({ scores }) => scores[name] ?? []);
      return `${name} ${percent(known.reduce((sum, share) => sum + share, 0) / known.length, 1)} %`;
    });
    return [`loss ${mean(({ loss }) => loss).toFixed(4)}`, ...shares].join(' · ');
  };

  return {
    starts: (peakBytes: number) => {
      const weights = Object.values(weightShapes(config)).reduce((sum, shape) => sum + product(shape), 0);
      return `${pc.bold(name)}: ${titleOf(config)}, ${plural(weights, 'weight')}, ${plural(steps, 'step')} of training, about ${megabytes(peakBytes)} of tensors at once`;
    },
    resumes: (step: number, checkpoint: string) =>
      `${pc.bold(name)} goes on from step ${step} of ${steps} (${checkpoint}; --fresh starts over)`,
    moves: (from: string, to: string) =>
      `The checkpoint was written on ${from}; ${name} goes on on ${to}, whose numbers differ in their last bits`,
    done: (folder: string) => {
      const how = recent.length > 0 ? ` in ${clock(seconds)}: ${scores()}` : ' before';
      return `${pc.green('✓')} ${pc.bold(name)} trained${how}\n  → ${folder}`;
    },
    evaluated(step: number, { loss, keys = {} }: Evaluated, isBest: boolean) {
      const recalled = Object.entries(keys).map(
        ([filler, share]) => `${percent(share, 0)} % of keys after ${filler} tokens`,
      );
      const found = [...(loss === undefined ? [] : [`held-out loss ${loss.toFixed(4)}`]), ...recalled];
      return `${name}: step ${step} · ${found.join(' · ')}${isBest ? ' · the best so far' : ''}`;
    },
    /** @param fam what was seen of FAM at this step */
    after(event: Step, fam?: WatchedFam): View {
      seconds += event.seconds;
      if (fam) seen = figuresOf(fam);
      if (recent.push(event) > WINDOW) recent.shift();
      const left = clock((steps - event.step) * mean((step) => step.seconds));
      const speed = rough(mean(({ tokens }) => tokens) / mean((step) => step.seconds));
      const pace = `step ${event.step} of ${steps} · about ${left} left`;
      return {
        frame: () =>
          [
            ` ${pc.cyan(bar(event.step / steps))} ${pace}`,
            ` ${pc.dim(`${scores()} · ${speed} tokens/s`)}`,
            ...seen.map(
              ({ name, mean, bars }) => ` ${pc.dim(`${name.padEnd(16)} ${mean.padStart(7)}`)} ${bars}`,
            ),
          ].join('\n'),
        line: () => {
          const ofFam = fam ? seen.map(({ name, mean }) => `${name} ${mean}`) : [];
          return [`${name}: ${pace}`, scores(), `${speed} tokens/s`, ...ofFam].join(' · ');
        },
      };
    },
  };
}

const product = (shape: readonly number[]) => shape.reduce((size, dimension) => size * dimension, 1);
