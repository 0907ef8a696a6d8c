/** Recall against length: a chart that grows while the texts are read. */
import { useMemo } from 'preact/hooks';
import { type ChartLook, LineChart } from '../../charts/line-chart.tsx';
import { chartData, type Mark, type WatchModel } from './model.ts';

/** Tokens of the longest texts of training: 24 blocks of 64. */
const TRAINED = 24 * 64;

const lookWith = (marks: readonly Mark[], longest: number): ChartLook => ({
  title: 'Keys recalled in full',
  summary: 'Percent of the texts whose key is recalled in full, against the tokens read, for both models.',
  x: { label: 'tokens read', unit: 'tokens', logarithmic: true, range: [64, longest] },
  y: { label: 'texts, %', unit: '%', range: [-4, 104] },
  series: [
    { name: 'TransformerFAM', colour: '--fam' },
    { name: 'Sliding window', colour: '--window', dash: [7, 4] },
  ],
  marks: [{ at: TRAINED, label: 'longest text in training' }, ...marks],
  height: 280,
});

export function RecallChart({ model }: { model: WatchModel }) {
  const { points, marks } = model;
  const last = points.value.at(-1)?.tokens ?? 0;
  // The axis grows tenfold, so that the chart is not made anew at every point.
  const longest = Math.max(10_000, 10 ** Math.ceil(Math.log10(last + 1)));
  const look = useMemo(() => lookWith(marks.value, longest), [marks.value, longest]);
  const data = useMemo(() => chartData(points.value), [points.value]);
  return (
    <section class="panel" data-tour="chart">
      <LineChart look={look} data={data} empty="Points appear as the texts are read." />
    </section>
  );
}
