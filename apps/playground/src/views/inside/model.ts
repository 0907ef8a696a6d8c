/** What this view knows, by the events of its job. */
import { computed, signal } from '@preact/signals';
import type { Ablation, InsideEvent, Opened, Paths, TracedBlock } from './events.ts';

export function insideModel() {
  const opened = signal<Opened | undefined>(undefined);
  const blocks = signal<readonly TracedBlock[]>([]);
  const ablations = signal<Readonly<Record<number, Ablation>>>({});
  const paths = signal<Paths | undefined>(undefined);
  const heads = computed(() => {
    const [first] = blocks.value;
    if (!first || !opened.value) return 0;
    const { blockSize: C, famLength: F } = opened.value;
    return first.layers[0]!.attention.length / (C + F) ** 2;
  });
  return {
    ...{ opened, blocks, ablations, paths, heads },
    take(event: InsideEvent): void {
      if (event.type === 'opened') {
        // Once more where another backend begins anew.
        opened.value = event;
        blocks.value = [];
        ablations.value = {};
        paths.value = undefined;
      } else if (event.type === 'block') blocks.value = [...blocks.value, event];
      else if (event.type === 'ablation') ablations.value = { ...ablations.value, [event.block]: event };
      else paths.value = event;
    },
  };
}

export type InsideModel = ReturnType<typeof insideModel>;

/** A heat map of one layer: the mean over heads, or one of them. */
export function heatOf(
  { attention }: { attention: Float32Array },
  size: number,
  heads: number,
  head: number | 'mean',
): Float32Array {
  const shown = head === 'mean' ? Array.from({ length: heads }, (_, h) => h) : [head];
  return Float32Array.from({ length: size * size }, (_, at) => {
    const [row, key] = [Math.floor(at / size), at % size];
    return shown.reduce((sum, h) => sum + attention[(row * heads + h) * size + key]!, 0) / shown.length;
  });
}

/** How much of their attention queries from … to − 1 give to FAM, the first F keys. */
export function shareOfFam(heat: Float32Array, size: number, F: number, from: number, to: number): number {
  let sum = 0;
  for (let row = from; row < to; row++) for (let key = 0; key < F; key++) sum += heat[row * size + key]!;
  return sum / (to - from);
}
