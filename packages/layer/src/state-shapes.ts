/** Which tensors a state has, and of which shapes: what a state from outside is held against before it is trusted. */
import { capacityOf } from './past.ts';
import { visibleFams } from './rows.ts';
import type { Stack } from './stack.ts';
import type { FamState } from './state.ts';

/** What a state is beside its tensors. */
export type StatePlace = Pick<FamState, 'filled' | 'own' | 'rows'>;

/** Whether a state of this stack can stand there. */
export function isPlace({ config }: Pick<Stack, 'config'>, { filled, own, rows }: StatePlace): boolean {
  const { blockSize: C, memorySegments: m } = config;
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
  return (
    rows.length > 0 &&
    rows.every(({ blocks, updates, origin }) => [blocks, updates, origin].every(isCount)) &&
    isCount(filled) &&
    filled < C &&
    isCount(own) &&
    own % C === 0 &&
    own < capacityOf(config) &&
    rows.every(({ blocks }) => Math.min(blocks, m) * C <= own)
  );
}

/** Where a state of one row is at its largest, far into a text: its open block lacks one token, for which there is room. */
export function largestPlace({ config }: Pick<Stack, 'config'>): StatePlace {
  const { blockSize: C, memorySegments: m, variant } = config;
  const blocks = Math.max(m + 1, variant.visible, variant.maxSummaries);
  return { filled: C, own: m * C, rows: [{ blocks, updates: blocks, origin: 0 }] };
}

/**
 * The shapes of the tensors of a state with nothing in it but what counts (`compactState`), by the names of
 * `stateTensors`.
 *
 * @param width d
 */
export function stateShapes(
  { config, blocks }: Pick<Stack, 'config' | 'blocks'>,
  { filled, own, rows }: StatePlace,
  width: number,
): Record<string, number[]> {
  const { famLength: F, sinks, variant } = config;
  const shapes: Record<string, number[]> = {};
  const B = rows.length;
  const seen = Math.max(...rows.map((row) => visibleFams(config, row))) * F;
  const carries = variant.carrier === 'attention' ? 'fam' : 'summary';
  if (carries === 'summary' && seen > 0) shapes.summary = [B, seen, width];
  blocks.forEach(({ attention: { keyValueHeads, headWidth, valueWidth } }, l) => {
    const put = (name: string, count: number) => {
      if (count === 0) return;
      shapes[`layers.${l}.${name}.k`] = [B, count, keyValueHeads, headWidth];
      shapes[`layers.${l}.${name}.v`] = [B, count, keyValueHeads, valueWidth];
    };
    if (carries === 'fam' && F > 0) {
      shapes[`layers.${l}.fam`] = [B, seen, width];
      if (variant.query === 'initial' || variant.norm === 'initial') {
        shapes[`layers.${l}.fam.initial`] = [B, F, width];
      }
    }
    put(carries, seen);
    put('past', own + filled);
    if (variant.carrier === 'outputs') put('outputs', own + filled);
    if (rows.some((row) => row.blocks > 0)) put('sinks', sinks);
  });
  return shapes;
}
