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
    ...(logarithmic && { splits: digitsTimesPowers, filter: powersOnly }),
  });
  const scale = ({ range, logarithmic }: Axis, time = false): UPlot.Scale => ({
    ...{ time, distr: logarithmic ? 3 : 1 },
    ...(range && { range: [...range] as UPlot.Range.MinMax }),
  });
  return {
    ...{ width: Math.max(width, 200), height: look.height, padding: [look.marks ? 34 : 16, 20, 0, 0] },
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
        ...{ label: name, stroke: colour(of), width: 2.25, spanGaps: true, points: { show: isAlone } },
        ...(dash && { dash: [...dash] }),
      })),
    ],
    hooks: {
      setCursor: [({ cursor }) => onCursor(cursor.idx ?? undefined)],
      draw: [(plot) => drawMarks(plot, look, ink, font)],
    },
  };
}

/** Whether a series has no line to be seen by, so that its point is drawn. */
const isAlone = ({ data }: UPlot, series: number): boolean =>
  [...data[series]!].filter((value) => value !== null && value !== undefined).length === 1;

/** Every digit times every power of ten between the ends of a logarithmic axis. */
const digitsTimesPowers: UPlot.Axis.Splits = (_, __, low, high) => {
  const powers = Array.from({ length: 20 }, (_, i) => 10 ** (i - 8));
  const all = powers.flatMap((power) => [1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => digit * power));
  return all.filter((value) => value >= low * 0.999 && value <= high * 1.001);
};

/** Of these only the powers of ten have room for a label. */
const powersOnly: UPlot.Axis.Filter = (_, splits) =>
  splits.map((value) => (Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-6 ? value : null));

/** Lines with their labels above the chart, in a second row where the first has no room, and none where that has none either. */
function drawMarks(plot: UPlot, { marks = [] }: ChartLook, ink: string, font: string): void {
  const { ctx, bbox } = plot;
  const pixels = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = ink;
  ctx.font = font.replace('12px', `${12 * pixels}px`);
  ctx.lineWidth = pixels;
  ctx.setLineDash([4 * pixels, 4 * pixels]);
  const ends = [0, 0];
  for (const { at, label } of [...marks].sort((a, b) => a.at - b.at)) {
    const x = plot.valToPos(at, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(label).width;
    const left = Math.min(x + 3 * pixels, bbox.left + bbox.width - width);
    const row = ends.findIndex((end) => left > end);
    if (row < 0) continue;
    ends[row] = left + width + 8 * pixels;
    ctx.textAlign = 'left';
    ctx.fillText(label, left, bbox.top - (5 + 14 * row) * pixels);
  }
  ctx.restore();
}
