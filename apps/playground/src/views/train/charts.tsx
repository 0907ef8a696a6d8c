/** Loss and digits by step; recall by length, at the tests so far. */
import { useMemo } from 'preact/hooks';
import { type ChartData, type ChartLook, LineChart } from '../../charts/line-chart.tsx';
import { roundAbove } from '../../charts/round.ts';
import type { Recall, StepNews } from './events.ts';
import type { TrainModel } from './model.ts';

const lossLook = (steps: number, most: number): ChartLook => ({
  title: 'Loss',
  summary: 'Loss of the training batches, against the steps.',
  x: { label: 'steps', unit: '', range: [0, steps] },
  y: { label: 'loss, nats', unit: 'nats', range: [0, most] },
  series: [{ name: 'loss', colour: '--fam' }],
  height: 240,
});

export function LossChart({ model }: { model: TrainModel }) {
  const history = model.history.value;
  const data = useMemo(() => lossData(history), [history]);
  const steps = roundAbove(history.at(-1)?.step ?? 0);
  const most = roundAbove(Math.max(0, ...history.map(({ loss }) => loss)));
  const look = useMemo(() => lossLook(steps, most), [steps, most]);
  return (
    <section class="panel">
      <LineChart look={look} data={data} empty="Points appear as it is trained." />
    </section>
  );
}

const lossData = (history: readonly StepNews[]): ChartData => [
  history.map(({ step }) => step),
  history.map(({ loss }) => loss),
];

/** Tests that are drawn: the last, one halfway, and the first. */
const styles = [
  { colour: '--fam' },
  { colour: '--third', dash: [7, 4] },
  { colour: '--quiet', dash: [2, 4] },
] as const;

export function RecallChart({ model }: { model: TrainModel }) {
  const recalls = model.recalls.value;
  const [look, data] = useMemo(
    () => [recallLook(shown(recalls)), recallData(shown(recalls))] as const,
    [recalls],
  );
  return (
    <section class="panel">
      <LineChart
        look={look}
        data={data}
        empty="It is tested every 100 steps, on numbers that training never sees."
      />
    </section>
  );
}

/** Last, middle and first, as far as they differ. */
function shown(recalls: readonly Recall[]): Recall[] {
  if (recalls.length === 0) return [];
  const last = recalls.length - 1;
  const places = new Set([last, last >> 1, 0]);
  return [...places].map((at) => recalls[at]!);
}

const recallLook = (recalls: readonly Recall[]): ChartLook => ({
  title: 'Recall by length',
  summary: 'Percent of digits recalled, against the tokens between number and question, after some steps.',
  x: { label: 'tokens between', unit: 'tokens', logarithmic: true, range: [10, 5000] },
  y: { label: 'digits, %', unit: '%', range: [-4, 104] },
  series:
    recalls.length === 0
      ? [{ name: 'digits', colour: '--fam' }]
      : recalls.map(({ step }, at) => ({ name: `after ${step} steps`, ...styles[at]! })),
  height: 240,
});

function recallData(recalls: readonly Recall[]): ChartData {
  const fillers = recalls[0]?.shares.map(({ filler }) => filler) ?? [];
  if (recalls.length === 0) return [[], []];
  return [fillers, ...recalls.map(({ shares }) => shares.map(({ digits }) => 100 * digits))];
}
