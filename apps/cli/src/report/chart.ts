/** The chart of a PassKey report: exact recall against filler length, one line a model with its interval, as SVG. */
import * as Plot from '@observablehq/plot';
import { JSDOM } from 'jsdom';
import { interval, percent, short } from '../format.ts';
import type { Column, ModelReport, PassKeyReport } from './passkey-report.ts';

/** How the line of the model at `index` looks, told by colour and by dashes. */
export function strokeOf(index: number): { stroke: string; strokeDasharray: string } {
  const dashes = ['none', '8 4', '2 4', '10 3 2 3'];
  return { stroke: `var(--line-${index % 4})`, strokeDasharray: dashes[index % 4]! };
}

/** @returns an SVG element as text, in the colours of the page around it */
export function passKeyChart({ models, fillers }: PassKeyReport): string {
  const { document } = new JSDOM('').window;
  const svg = Plot.plot({
    document,
    width: 920,
    height: 420,
    marginTop: 32,
    marginLeft: 48,
    marginBottom: 48,
    style: { fontSize: '13px', background: 'none' },
    x: {
      type: 'log',
      domain: [fillers[0]! / 1.25, fillers.at(-1)! * 1.25],
      label: 'tokens of filler between key and question →',
    },
    y: { domain: [0, 100], label: '↑ keys recalled in full, %' },
    marks: [
      Plot.gridY({ ticks: 5, strokeOpacity: 0.15 }),
      Plot.axisX(fillers, { text: short, tickSize: 4 }),
      Plot.axisY({ ticks: 5, tickSize: 0 }),
      // The first model is the one that matters: it is drawn last, above the others.
      ...models.map((model, index) => marksOf(model, index)).reverse(),
    ],
  });
  svg.setAttribute('role', 'img');
  svg.setAttribute(
    'aria-label',
    'Keys recalled in full, in percent, against tokens of filler, for each model',
  );
  return svg.outerHTML;
}

function marksOf({ name, columns }: ModelReport, index: number): Plot.Markish[] {
  const line = strokeOf(index);
  const x = ({ filler }: Column) => filler;
  const y = ({ exact }: Column) => exact.share * 100;
  const title = ({ filler, exact, digits }: Column) =>
    `${name} after ${short(filler)} tokens: ${percent(exact.share)} % of keys (95 % interval ${interval(exact)}), ` +
    `${percent(digits.share)} % of digits`;
  return [
    Plot.areaY(columns, {
      x,
      y1: ({ exact }: Column) => exact.low * 100,
      y2: ({ exact }: Column) => exact.high * 100,
      fill: line.stroke,
      fillOpacity: 0.14,
    }),
    Plot.lineY(columns, { x, y, ...line, strokeWidth: 2.5 }),
    Plot.dot(columns, { x, y, fill: line.stroke, r: 4, title }),
  ];
}
