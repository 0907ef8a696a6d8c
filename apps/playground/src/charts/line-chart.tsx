/** A line chart with axes, units, a value under the pointer or the arrow keys, and its table. */
import 'uplot/dist/uPlot.min.css';
import './line-chart.css';
import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import { repaint } from '../state/theme.ts';
import { type ChartData, type ChartLook, formatted, optionsOf } from './chart-options.ts';
import { ChartTable } from './chart-table.tsx';

export type { ChartData, ChartLook } from './chart-options.ts';

interface Props {
  look: ChartLook;
  data: ChartData;
  /** What stands where there is nothing to draw yet. */
  empty: string;
}

export function LineChart({ look, data, empty }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const latest = useRef(data);
  latest.current = data;
  const index = useSignal<number | undefined>(undefined);
  // One chart for as long as colours and width stay.
  const painted = useComputed(() => repaint.value);

  useEffect(() => {
    const box = place.current!;
    const draw = () => {
      plot.current?.destroy();
      const onCursor = (at: number | undefined) => {
        index.value = at;
      };
      const options = optionsOf(look, box.clientWidth, getComputedStyle(box), onCursor);
      plot.current = new UPlot(options, latest.current as UPlot.AlignedData, box);
    };
    // Each in a task of its own: a view has several, and they are its longest work.
    const first = setTimeout(draw);
    const resized = new ResizeObserver(() => {
      if (plot.current && plot.current.width !== box.clientWidth) draw();
    });
    resized.observe(box);
    return () => {
      clearTimeout(first);
      resized.disconnect();
    };
  }, [look, painted.value]);

  useEffect(() => () => plot.current?.destroy(), []);

  useEffect(() => {
    plot.current?.setData(data as UPlot.AlignedData);
  }, [data]);

  const count = data[0].length;
  const move = (event: KeyboardEvent) => {
    const now = index.value ?? count;
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined || count === 0) return;
    event.preventDefault();
    const at = Math.min(count - 1, Math.max(0, to));
    index.value = at;
    const left = plot.current!.valToPos(data[0][at]!, 'x');
    plot.current!.setCursor({ left, top: 10 });
  };
  const at = index.value !== undefined && index.value < count ? index.value : undefined;

  return (
    <figure class="line-chart">
      <figcaption>
        <b>{look.title}</b>
        <ul class="legend">
          {look.series.map(({ name, colour, dash }) => (
            <li key={name}>
              <svg width="26" height="8" aria-hidden="true">
                <line
                  x1="1"
                  x2="25"
                  y1="4"
                  y2="4"
                  stroke={`var(${colour})`}
                  stroke-width="2.5"
                  stroke-dasharray={dash?.join(' ')}
                />
              </svg>
              {name}
            </li>
          ))}
        </ul>
      </figcaption>
      <div
        class="plot"
        style={{ minHeight: `${look.height}px` }}
        ref={place}
        role="img"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys read values from it
        tabIndex={0}
        onKeyDown={move}
        aria-label={spoken(look)}
      >
        {count === 0 && <p class="empty">{empty}</p>}
      </div>
      <p class="readout" role="status">
        {at === undefined ? ' ' : readout(look, data, at)}
      </p>
      <ChartTable look={look} data={data} />
    </figure>
  );
}

/** What the picture shows, its lines across included. */
function spoken({ title, summary, x, marks = [] }: ChartLook): string {
  const lines = marks.map(({ at, label }) => `${label}: ${formatted(at, x)}`);
  return `${title}. ${[summary, ...lines].join(' · ')}`;
}

function readout(look: ChartLook, data: ChartData, at: number): string {
  const values = look.series.map(({ name }, s) => {
    const value = data[s + 1]![at];
    return value === null || value === undefined ? undefined : `${name} ${formatted(value, look.y)}`;
  });
  return `${formatted(data[0][at]!, look.x)}: ${values.filter(Boolean).join(', ')}`;
}
