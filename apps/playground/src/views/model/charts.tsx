/** Tokens a second and the memory's bytes, while the text grows. */
import { useMemo } from 'preact/hooks';
import { type ChartData, type ChartLook, LineChart } from '../../charts/line-chart.tsx';
import { roundAbove } from '../../charts/round.ts';
import { Part } from '../../components/term.tsx';
import type { Desk, Point } from './desk.ts';

const x = { label: 'tokens so far', unit: 'tokens' };

const speed: ChartLook = {
  title: 'Tokens a second',
  summary: 'Tokens read and written a second, against the tokens so far.',
  x,
  y: { label: 'tokens/s', unit: 'tokens/s' },
  series: [
    { name: 'read', colour: '--fam' },
    { name: 'written', colour: '--window', dash: [7, 4] },
  ],
  height: 220,
};

const memoryIn = (unit: 'kB' | 'MB'): ChartLook => ({
  title: 'Memory',
  summary: `${unit} of the working memory, against the tokens so far. It grows until it is full, then goes up and down in bounds.`,
  x,
  y: { label: unit, unit },
  series: [{ name: 'working memory', colour: '--fam' }],
  height: 220,
});

export function Charts({ desk }: { desk: Desk }) {
  const points = desk.points.value;
  const unit = points.some(({ stateBytes }) => stateBytes >= 1e6) ? 'MB' : 'kB';
  const [speeds, bytes] = useMemo(() => [speedData(points), memoryData(points, unit)] as const, [points]);
  const [fastest, most] = [speeds, bytes].map((data) =>
    roundAbove(Math.max(0, ...data.slice(1).flat().map(Number))),
  );
  const longest = roundAbove(points.at(-1)?.tokens ?? 0);
  const speedLook = useMemo(() => fromZero(speed, longest, fastest!), [longest, fastest]);
  const memoryLook = useMemo(() => fromZero(memoryIn(unit), longest, most!), [unit, longest, most]);
  const empty = 'Points appear as text is read.';
  return (
    <div class="charts">
      <section class="panel">
        <LineChart look={speedLook} data={speeds} empty={empty} />
      </section>
      <Part of="size">
        <section class="panel">
          <LineChart look={memoryLook} data={bytes} empty={empty} />
        </section>
      </Part>
    </div>
  );
}

/** A chart whose axes begin at zero, so that what stays the same looks so. */
const fromZero = (look: ChartLook, x: number, y: number): ChartLook => ({
  ...look,
  x: { ...look.x, range: [0, x] },
  y: { ...look.y, range: [0, y] },
});

const tokensOf = (points: readonly Point[]) => points.map(({ tokens }) => tokens);

const speedData = (points: readonly Point[]): ChartData => [
  tokensOf(points),
  points.map(({ read }) => read),
  points.map(({ written }) => written),
];

const memoryData = (points: readonly Point[], unit: 'kB' | 'MB'): ChartData => [
  tokensOf(points),
  points.map(({ stateBytes }) => stateBytes / (unit === 'MB' ? 1e6 : 1e3)),
];
