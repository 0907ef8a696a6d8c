/** How FAM moves and how large it is, block by block. */
import { useMemo } from 'preact/hooks';
import { type ChartData, type ChartLook, LineChart } from '../../charts/line-chart.tsx';
import type { TracedBlock } from './events.ts';

const series = [
  { name: 'Layer 1', colour: '--fam' },
  { name: 'Layer 2', colour: '--third', dash: [6, 4] },
];
const x = { label: 'block', unit: '' };

const changeLook = (total: number): ChartLook => ({
  title: 'FAM’s change in a block',
  summary: 'Root mean square of the change of FAM in each block, as a share of its size, for both layers.',
  x: { ...x, range: [1, total] },
  y: { label: 'of its size, %', unit: '%', range: [0.1, 200], logarithmic: true },
  series,
  height: 220,
});
const sizeLook = (total: number): ChartLook => ({
  title: 'FAM’s size',
  summary: 'Root mean square of FAM after each block, for both layers. This variant norms it to one.',
  x: { ...x, range: [1, total] },
  y: { label: 'root mean square', unit: '', range: [0, 1.5] },
  series,
  height: 220,
});

interface Props {
  blocks: readonly TracedBlock[];
  /** Blocks that will be read. */
  total: number;
}

export function ChangeCharts({ blocks, total }: Props) {
  const [changes, sizes] = useMemo(() => [changeLook(total), sizeLook(total)], [total]);
  const [change, size] = useMemo(() => {
    const data = (of: 'change' | 'size', factor: number): ChartData => [
      blocks.map(({ index }) => index + 1),
      ...[0, 1].map((l) => blocks.map(({ layers }) => factor * layers[l]![of])),
    ];
    return [data('change', 100), data('size', 1)];
  }, [blocks]);
  const empty = 'Points appear as blocks are read.';
  return (
    <div class="pair">
      <section class="panel">
        <LineChart look={changes!} data={change!} empty={empty} />
      </section>
      <section class="panel">
        <LineChart look={sizes!} data={size!} empty={empty} />
      </section>
    </div>
  );
}
