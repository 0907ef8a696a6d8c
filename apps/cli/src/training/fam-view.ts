/** What was seen of FAM at a step, for a terminal: the mean of each figure over the layers, and a bar for each layer. */
import type { WatchedFam } from '@famjs/trainer';
import { percent } from '../format.ts';

const levels = '▁▂▃▄▅▆▇█';

interface Figure {
  name: string;
  /** Over the layers. */
  mean: string;
  /** A bar a layer, from the first to the last; the highest is the largest. */
  bars: string;
}

/** The figures that there are: a model without FAM has its attention alone. */
export function figuresOf({ size, change, attention }: WatchedFam): Figure[] {
  const share = (mean: number) => `${percent(mean, 1)} %`;
  const figures: [string, number[], (mean: number) => string][] = [
    ['FAM size', size, (mean) => mean.toPrecision(3)],
    ['change a block', change, share],
    ['attention to FAM', attention.fam, share],
    ['to sinks', attention.sinks, share],
    ['to memory', attention.memory, share],
    ['to its block', attention.own, share],
  ];
  return figures
    .filter(([, layers]) => layers.some((value) => value > 0))
    .map(([name, layers, inWords]) => ({
      name,
      mean: inWords(layers.reduce((sum, value) => sum + value, 0) / layers.length),
      bars: layers.map((value) => barOf(value / Math.max(...layers))).join(''),
    }));
}

const barOf = (share: number) =>
  levels[Math.max(0, Math.min(levels.length - 1, Math.ceil(share * levels.length) - 1))] ?? '?';
