/** What this view knows, by the events of its job. */
import { signal } from '@preact/signals';
import type { ChartData } from '../../charts/line-chart.tsx';
import type { Asked, Contestant, Deed, Tick, WatchEvent } from './events.ts';

export interface Mark {
  at: number;
  label: string;
}

/** Texts whose key was recalled in full, in percent, wherever they were asked. */
interface Point {
  tokens: number;
  recalled: Partial<Record<Contestant, number>>;
}

const labels: Record<Deed, string> = {
  erase: 'FAM erased',
  swap: 'FAM swapped',
  freeze: 'FAM frozen',
  thaw: 'FAM thawed',
  tell: 'told another key',
};

/** Points that are kept: of more than twice as many every second one goes. */
const POINTS = 300;

export function watchModel() {
  const opened = signal<Extract<WatchEvent, { type: 'opened' }> | undefined>(undefined);
  const tick = signal<Tick | undefined>(undefined);
  const asked = signal<Partial<Record<Contestant, Asked>>>({});
  const arrived = signal<readonly Contestant[]>(['fam']);
  const marks = signal<readonly Mark[]>([]);
  /** Other keys that the texts were told later. */
  const told = signal<readonly string[]>([]);
  const frozen = signal(false);
  const points = signal<readonly Point[]>([]);

  const add = ({ contestant, tokens, answers }: Asked) => {
    const keys = opened.value!.keys;
    const right = answers.filter((answer, row) => answer === keys[row]).length;
    const recalled = (100 * right) / keys.length;
    const last = points.value.at(-1);
    // Another backend may begin again from where the last save stood.
    const others = points.value.filter((point) => point.tokens < tokens);
    const point = {
      tokens,
      recalled: { ...(last?.tokens === tokens && last.recalled), [contestant]: recalled },
    };
    const next = [...others, point];
    points.value = next.length > 2 * POINTS ? next.filter((_, i) => i % 2 === next.length % 2) : next;
  };

  return {
    ...{ opened, tick, asked, arrived, marks, told, frozen, points },
    take(event: WatchEvent): void {
      switch (event.type) {
        case 'opened':
          opened.value = event;
          break;
        case 'tick':
          tick.value = event;
          break;
        case 'asked':
          asked.value = { ...asked.value, [event.contestant]: event };
          if (event.tokens > 0) add(event);
          break;
        case 'contestant':
          arrived.value = [...arrived.value, event.contestant];
          break;
        case 'done-to-fam':
          // The chart's axis has no beginning.
          if (event.tokens > 0)
            marks.value = [...marks.value, { at: event.tokens, label: labels[event.deed] }];
          if (event.otherKeys) told.value = event.otherKeys;
          if (event.deed === 'freeze' || event.deed === 'thaw') frozen.value = event.deed === 'freeze';
          break;
      }
    },
  };
}

export type WatchModel = ReturnType<typeof watchModel>;

/** The points as a chart takes them. */
export function chartData(points: readonly Point[]): ChartData {
  const of = (contestant: Contestant) => points.map(({ recalled }) => recalled[contestant] ?? null);
  return [points.map(({ tokens }) => tokens), of('fam'), of('bswa')];
}
