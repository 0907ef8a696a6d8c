/** Lines over a common axis, as SVG in the colours of the page around it. */
import * as Plot from '@observablehq/plot';
import { JSDOM } from 'jsdom';
import { strokeOf } from './chart.ts';
import { escaped } from './html.ts';

export interface Line {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  /** What the chart shows, for those who do not see it. */
  title: string;
  x: string;
  y: string;
  lines: readonly Line[];
  width?: number;
  /** The least and the largest y; those of the points unless given. */
  range?: [number, number];
}

const { document } = new JSDOM('').window;

/** @returns a figure in HTML with a key where there are several lines; nothing where there are no points */
export function lineChart({ title, x, y, lines, width = 920, range }: LineChart): string {
  const drawn = lines.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return '';
  const isWide = width > 600;
  const places = new Set(drawn.flatMap(({ points }) => points.map(([x]) => x)));
  const svg = Plot.plot({
    document,
    width,
    height: isWide ? 320 : 240,
    marginTop: 30,
    marginLeft: 52,
    marginBottom: 42,
    style: { fontSize: '13px', background: 'none' },
    x: {
      label: `${x} →`,
      ticks: places.size <= 10 ? [...places] : isWide ? 10 : 5,
      tickFormat: (value: number) => String(value),
    },
    y: { label: `↑ ${y}`, ticks: 5, ...(range && { domain: range }) },
    marks: [
      Plot.gridY({ ticks: 5, strokeOpacity: 0.15 }),
      ...drawn.flatMap(({ points }, index) => [
        Plot.lineY(points, { x: '0', y: '1', ...strokeOf(index), strokeWidth: 2 }),
        ...(points.length <= 40
          ? [Plot.dot(points, { x: '0', y: '1', fill: strokeOf(index).stroke, r: 3 })]
          : []),
      ]),
    ],
  });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', title);
  const key = drawn.map(({ name }, index) => {
    const { stroke, strokeDasharray } = strokeOf(index);
    const line = `<path d="M1 6h26" style="stroke:${stroke}" stroke-dasharray="${strokeDasharray}" stroke-width="2"/>`;
    return `<span class="key"><svg width="28" height="12" aria-hidden="true">${line}</svg>${escaped(name)}</span>`;
  });
  return `<figure>${svg.outerHTML}<figcaption>${escaped(title)}${key.length > 1 ? `<br>${key.join('')}` : ''}</figcaption></figure>`;
}

/** Means of neighbours, so that a long run is a line of at most so many points. */
export function thinned(points: readonly (readonly [number, number])[], most = 300): [number, number][] {
  const size = Math.ceil(points.length / most);
  const mean = (part: typeof points, axis: 0 | 1) =>
    part.reduce((sum, point) => sum + point[axis], 0) / part.length;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const part = points.slice(i * size, (i + 1) * size);
    return [mean(part, 0), mean(part, 1)];
  });
}
