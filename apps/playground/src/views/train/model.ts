/** What the view shows: what its job told so far. */
import { signal } from '@preact/signals';
import type { Recall, StepNews, TrainEvent } from './events.ts';
import { thinned } from './thinned.ts';

export type TrainModel = ReturnType<typeof trainModel>;

export function trainModel() {
  const opened = signal(false);
  const ended = signal(false);
  const steps = signal(0);
  const history = signal<readonly StepNews[]>([]);
  const recalls = signal<readonly Recall[]>([]);
  const pace = signal<{ tokensPerSecond: number; secondsLeft: number } | undefined>(undefined);
  const testing = signal<number | undefined>(undefined);
  const saved = signal<{ step: number; kept: boolean } | undefined>(undefined);
  const files = signal<Readonly<Record<string, Uint8Array>> | undefined>(undefined);

  function take(event: TrainEvent): void {
    switch (event.type) {
      case 'opened':
        opened.value = true;
        steps.value = event.steps;
        history.value = event.history;
        recalls.value = event.recalls;
        ended.value = (event.history.at(-1)?.step ?? 0) >= event.steps;
        return;
      case 'step': {
        const { step, loss, digits, keys, tokensPerSecond, secondsLeft } = event;
        history.value = thinned([...history.value, { step, loss, digits, keys }]);
        pace.value = { tokensPerSecond, secondsLeft };
        return;
      }
      case 'testing':
        testing.value = event.filler;
        return;
      case 'recall':
        testing.value = undefined;
        recalls.value = [...recalls.value.filter(({ step }) => step !== event.step), event];
        return;
      case 'saved':
        saved.value = event;
        return;
      case 'ended':
        ended.value = true;
        return;
      case 'given':
        files.value = event.files;
        return;
    }
  }
  return { opened, ended, steps, history, recalls, pace, testing, saved, files, take };
}
