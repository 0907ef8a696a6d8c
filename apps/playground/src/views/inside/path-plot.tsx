/** FAM's way through two dimensions, with the places where the FAM of other keys has come to rest. */
import { useSignal } from '@preact/signals';
import { roundAbove } from '../../charts/round.ts';
import { percent } from '../../format.ts';
import type { Paths } from './events.ts';

interface Props {
  paths: Paths | undefined;
  keys: readonly string[];
  /** The block that is looked at. */
  block: number;
}

const [WIDE, HIGH, EDGE] = [720, 420, 34];
/** Room for the numbers beside the axes, so that no point lies on them. */
const LABEL = 56;

export function PathPlot({ paths, keys, block }: Props) {
  const chosen = useSignal(0);
  if (!paths) return <p class="quiet waiting">The path is drawn when all blocks are read …</p>;
  const { path, resting, shares } = paths;
  const all = [...path, ...resting];
  const scale = (axis: 0 | 1, from: number, to: number) => {
    const values = all.map((point) => point[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const at = (value: number) => from + ((value - low) / (high - low || 1)) * (to - from);
    return { at, ticks: ticksOf(low, high) };
  };
  const [horizontal, vertical] = [scale(0, EDGE + LABEL, WIDE - 14), scale(1, HIGH - EDGE - LABEL / 2, 14)];
  const [x, y] = [horizontal.at, vertical.at];
  const line = path
    .map((point, i) => `${i ? 'L' : 'M'}${x(point[0]).toFixed(1)} ${y(point[1]).toFixed(1)}`)
    .join('');
  const now = path[block + 1] ?? path.at(-1)!;
  const moved = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    chosen.value = (chosen.value + step + resting.length) % resting.length;
  };
  const other = resting[chosen.value]!;
  return (
    <figure class="path-plot">
      <svg
        viewBox={`0 0 ${WIDE} ${HIGH}`}
        role="img"
        aria-label="The way of FAM in two dimensions, and where the FAM of other keys rests. Arrow keys name the other keys."
        // In SVG a name with a capital would be no attribute.
        tabindex={0}
        onKeyDown={moved}
      >
        <path class="axes" d={`M${EDGE} 8V${HIGH - EDGE}H${WIDE - 8}`} />
        {horizontal.ticks.map((value) => (
          <text key={value} class="tick" x={x(value)} y={HIGH - EDGE - 5} text-anchor="middle">
            {value}
          </text>
        ))}
        {vertical.ticks.map((value) => (
          <text key={value} class="tick" x={EDGE + 5} y={y(value) + 4}>
            {value}
          </text>
        ))}
        <text class="axis" x={WIDE - 8} y={HIGH - 12} text-anchor="end">
          first component ({percent(shares[0])} of the variance)
        </text>
        <text class="axis" transform={`translate(16 8) rotate(-90)`} text-anchor="end">
          second ({percent(shares[1])})
        </text>
        {resting.map((point, i) => (
          <circle
            key={keys[i + 1]}
            class={i === chosen.value ? 'rest chosen' : 'rest'}
            cx={x(point[0])}
            cy={y(point[1])}
            r={i === chosen.value ? 6 : 4.5}
            onPointerEnter={() => {
              chosen.value = i;
            }}
          />
        ))}
        <path class="way" d={line} />
        {path.map((point, i) => (
          <circle key={i} class="step" cx={x(point[0])} cy={y(point[1])} r="2" />
        ))}
        <circle class="now" cx={x(now[0])} cy={y(now[1])} r="7" />
        <text
          class="label"
          x={x(other[0]) + (x(other[0]) > WIDE - 70 ? -10 : 10)}
          y={y(other[1]) + 4}
          text-anchor={x(other[0]) > WIDE - 70 ? 'end' : 'start'}
        >
          {keys[chosen.value + 1]}
        </text>
      </svg>
      <p class="readout" role="status">
        ● this text, after block {block + 1}. ○ the key {keys[chosen.value + 1]} rests at{' '}
        {other[0].toFixed(1)}, {other[1].toFixed(1)}
      </p>
      <PathTable {...{ path, resting, keys }} />
    </figure>
  );
}

/** Round values between two ends, a handful of them. */
function ticksOf(low: number, high: number): number[] {
  const step = roundAbove((high - low) / 6);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

function PathTable({ path, resting, keys }: Pick<Paths, 'path' | 'resting'> & { keys: readonly string[] }) {
  const rows = [
    ...path.map((point, i): [string, readonly number[]] => [
      i === 0 ? 'at the beginning' : `after block ${i}`,
      point,
    ]),
    ...resting.map((point, i): [string, readonly number[]] => [`key ${keys[i + 1]}`, point]),
  ];
  return (
    <details class="chart-table">
      <summary>Table</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard */}
      <section class="scrolls" tabIndex={0} aria-label="Where FAM is, as a table">
        <table>
          <thead>
            <tr>
              <th scope="col">FAM</th>
              <th scope="col">First component</th>
              <th scope="col">Second</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, [first, second]]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{first!.toFixed(2)}</td>
                <td>{second!.toFixed(2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
