/** Prints how near each suite came to its tolerance on each backend: the worst case that docs/parity.md records. */
import type { Reporter, TestModule } from 'vitest/node';
import type { WorstCase } from './close.ts';

export class WorstCaseTable implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const worst = new Map<string, WorstCase & { suite: string; place: string }>();
    for (const module of modules) {
      const suite = module.moduleId
        .replace(/^.*\/packages\//, '')
        .replace(/(\/src|\/test)?\/([^/]+)\.test\.ts$/, '/$2');
      for (const test of module.children.allTests()) {
        const { worstCase } = test.meta();
        if (!worstCase) continue;
        const place = `${module.project.name} ${worstCase.backend}`;
        const key = `${suite} ${place}`;
        if (worstCase.share > (worst.get(key)?.share ?? -1)) worst.set(key, { ...worstCase, suite, place });
      }
    }
    const rows = [...worst.values()].map(({ suite, place, what, difference, magnitude, share }) => [
      suite,
      place,
      magnitude > 0 ? (difference / magnitude).toExponential(1) : difference.toExponential(1),
      `${(100 * share).toPrecision(2)} %`,
      what,
    ]);
    if (rows.length > 0)
      console.log(tableOf([['suite', 'backend', 'relative', 'allowed', 'tensor'], ...rows.sort()]));
  }
}

function tableOf(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    ` ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd(),
  );
  return [
    '',
    ' The worst case of each suite: relative difference, and its share of what the tolerance allows',
    ...lines,
    '',
  ].join('\n');
}
