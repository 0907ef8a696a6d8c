/** The table of a parity check. */
import type { Compared, Difference, Outputs } from '@famjs/tasks';
import Table from 'cli-table3';
import pc from 'picocolors';
import { ruled } from '../terminal/ruled.ts';

export interface Row extends Pick<Outputs, 'backend' | 'schedule'>, Compared {
  seconds: number;
}

/** The first row is what the others are compared with. */
export function parityTable(rows: readonly Row[], tolerance: number): string {
  const table = new Table({
    head: ['backend', 'schedule', 'logits', 'relative', 'FAM', 'relative', 'seconds', ''].map((title) =>
      pc.dim(title),
    ),
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'left'],
    chars: ruled,
    style: { head: [], border: [] },
  });
  rows.forEach(({ backend, schedule, logits, fams, seconds }, i) => {
    const shown = i === 0 ? Array(4).fill(pc.dim('·')) : [logits, fams].flatMap(numbers);
    const verdict =
      i === 0 ? pc.dim('reference') : within({ logits, fams }, tolerance) ? pc.green('✓') : pc.red('✗');
    table.push([pc.bold(backend), schedule, ...shown, seconds.toFixed(2), verdict]);
  });
  return table.toString();
}

export function within({ logits, fams }: Compared, tolerance: number): boolean {
  return logits.relative <= tolerance && (fams?.relative ?? 0) <= tolerance;
}

const numbers = (difference: Difference | undefined) =>
  difference
    ? [difference.absolute, difference.relative].map((value) => value.toExponential(1))
    : ['none', ''];
