/** Where the training stands. */
import { Figures } from '../../components/figures.tsx';
import { count, percent, rough } from '../../format.ts';
import type { TrainModel } from './model.ts';

export function Numbers({ model }: { model: TrainModel }) {
  const last = model.history.value.at(-1);
  const pace = model.pace.value;
  const testing = model.testing.value;
  return (
    <section class="panel" aria-label="Numbers">
      <Figures
        figures={[
          {
            name: 'Step',
            value: `${count(last?.step ?? 0)} of ${count(model.steps.value)}`,
            note: keeping(model.saved.value),
          },
          { name: 'Loss', value: last ? last.loss.toFixed(3) : '–', note: 'of the answers, in nats' },
          {
            name: 'Right in the batch',
            value: last ? percent(last.digits) : '–',
            note: last ? `of the digits; ${percent(last.keys)} of the numbers in full` : 'of the digits',
          },
          { name: 'Tokens a second', value: pace ? rough(pace.tokensPerSecond) : '–' },
          {
            name: 'Time left',
            value: model.ended.value ? 'done' : pace ? duration(pace.secondsLeft) : '–',
            note: testing === undefined ? 'at this pace' : `testing at ${count(testing)} tokens …`,
          },
        ]}
      />
    </section>
  );
}

function keeping(saved: { step: number; kept: boolean } | undefined): string {
  if (!saved) return 'kept in this browser as it goes';
  return saved.kept ? `kept up to step ${count(saved.step)}` : 'this browser has no room to keep it';
}

const duration = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
