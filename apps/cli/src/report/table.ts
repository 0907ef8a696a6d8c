/** The table of a PassKey report, for terminals. */
import Table from 'cli-table3';
import pc from 'picocolors';
import { percent, short } from '../format.ts';
import { ruled } from '../terminal/ruled.ts';
import type { ModelReport, PassKeyReport } from './passkey-report.ts';

/** @param underWay the model whose next cell is being filled, if one is */
export function passKeyTable({ models, fillers }: PassKeyReport, underWay?: ModelReport): string {
  const table = new Table({
    head: ['model', 'sees back', ...fillers.map(short)].map((title) => pc.dim(title)),
    colAligns: ['left', 'right', ...fillers.map(() => 'right' as const)],
    chars: ruled,
    style: { head: [], border: [], 'padding-left': 1, 'padding-right': 1 },
  });
  for (const model of models) {
    const cells = fillers.map((_, i) => {
      const column = model.columns[i];
      if (column) return painted(column.exact.share);
      return underWay === model && i === model.columns.length ? pc.cyan('…') : pc.dim('·');
    });
    table.push([pc.bold(model.name), pc.dim(seesBack(model)), ...cells]);
  }
  return table.toString();
}

/** How far a model sees back, in a word or two. */
function seesBack({ receptiveField }: ModelReport): string {
  return receptiveField === null ? 'no end' : `${receptiveField}`;
}

function painted(share: number): string {
  const paint = share >= 0.99 ? pc.green : share >= 0.5 ? pc.yellow : pc.red;
  return paint(percent(share));
}
