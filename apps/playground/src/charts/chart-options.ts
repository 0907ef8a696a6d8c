/** What a line chart shows, and how uPlot is told to draw it in the colours of the page. */
import type UPlot from 'uplot';

export interface Axis {
  label: string;
  /** Stands behind values: `%`, `tokens`. */
  unit: string;
  /** Ends of the axis; by the data unless given. */
  range?: readonly [number, number];
  logarithmic?: boolean;
}

export interface ChartLook {
  title: string;
  /** What the chart is about, in a sentence, for those who do not see it. */
  summary: string;
  x: Axis;
  y: Axis;
  /** `colour` is a custom property of the page. */
  series: readonly { name: string; colour: string; dash?: readonly number[] }[];
  /** Lines across the chart at places of x. */
  marks?: readonly { at: number; label: string }[];
  height: number;
}

/** x, then the values of each series there; null where a series has none. */
export type ChartData = readonly [readonly number[], ...(readonly (number | null)[])[]];

const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });

export const formatted = (value: number, { unit }: Axis): string =>
  `${number.format(value)}${unit === '%' ? ' %' : unit ? ` ${unit}` : ''}`;

/** 1,500 as 1.5k. */
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

export function optionsOf(
  look: ChartLook,
  width: number,
  style: CSSStyleDeclaration,
  onCursor: (index: number | undefined) => void,
): UPlot.Options {
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const [ink, rule] = [colour('--quiet'), colour('--rule')];
  const font = `12px ${style.fontFamily}`;
  const axis = ({ label, logarithmic }: Axis): UPlot.Axis => ({
    ...{ label, stroke: ink, font, labelFont: font, labelSize: 20, labelGap: 2 },
    grid: { stroke: rule, width: 1 },
    ticks: { stroke: rule, width: 1, size: 4 },
    ...{ gap: 4, values: (_, splits) => splits.map((value) => (value === null ? '' : short.format(value))) },
    ...(logarithmic && { filter: decades }),
  });
  const scale = ({ range, logarithmic }: Axis, time = false): UPlot.Scale => ({
    ...{ time, distr: logarithmic ? 3 : 1 },
    ...(range && { range: [...range] as UPlot.Range.MinMax }),
  });
  return {
    ...{ width: Math.max(width, 200), height: look.height, padding: [16, 12, 0, 0] },
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 9 } },
    scales: { x: scale(look.x), y: scale(look.y) },
    axes: [
      { ...axis(look.x), size: 30 },
      { ...axis(look.y), size: 44 },
    ],
    series: [
      {},
      ...look.series.map(({ name, colour: of, dash }) => ({
        ...{ label: name, stroke: colour(of), width: 2.25, spanGaps: true, points: { show: false } },
        ...(dash && { dash: [...dash] }),
      })),
    ],
    hooks: {
      setCursor: [({ cursor }) => onCursor(cursor.idx ?? undefined)],
      draw: [(plot) => drawMarks(plot, look, ink, font)],
    },
  };
}

/** Of a logarithmic axis only the powers of ten, which have room for their labels. */
const decades: UPlot.Axis.Filter = (_, splits) =>
  splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null));

function drawMarks(plot: UPlot, { marks = [] }: ChartLook, ink: string, font: string): void {
  const { ctx, bbox } = plot;
  const pixels = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = ink;
  ctx.font = font.replace('12px', `${12 * pixels}px`);
  ctx.lineWidth = pixels;
  for (const { at, label } of marks) {
    const x = plot.valToPos(at, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.setLineDash([4 * pixels, 4 * pixels]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const room = bbox.left + bbox.width - x;
    const fits = ctx.measureText(label).width + 8 * pixels < room;
    ctx.textAlign = fits ? 'left' : 'right';
    ctx.fillText(label, x + (fits ? 6 : -6) * pixels, bbox.top - 5 * pixels);
  }
  ctx.restore();
}
