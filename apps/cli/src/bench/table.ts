/** The table of a benchmark, for terminals. */
import Table from 'cli-table3';
import pc from 'picocolors';
import { ruled } from '../terminal/ruled.ts';
import type { ContestResult, Quartiles } from './contest.ts';

/** Results of the same subject stand together under its name. */
export function benchmarkTable(results: readonly ContestResult[]): string {
  const table = new Table({
    head: ['', 'ms', 'peer, ms', 'times faster', 'memory, MB', 'peer'].map((title) => pc.dim(title)),
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    chars: ruled,
    style: { head: [], border: [] },
  });
  let subject = '';
  for (const result of results) {
    const { pass, ours, peer, timesFaster } = result;
    if (result.subject !== subject) {
      subject = result.subject;
      table.push([{ colSpan: 6, content: `${pc.bold(subject)} ${pc.dim(`(${ours.name}, ${peer.name})`)}` }]);
    }
    const [mine, theirs] = [spread(ours.milliseconds), spread(peer.milliseconds)];
    const memory = [ours, peer].map(({ peakBytes }) => significant(peakBytes / 1e6));
    table.push([`  ${pass}`, mine, theirs, pc.bold(spread(timesFaster)), ...memory]);
  }
  return table.toString();
}

/** One line of it. */
export function resultLine({ subject, pass, timesFaster }: ContestResult): string {
  return `${subject}, ${pass}: ${spread(timesFaster)} times faster`;
}

/** The median, and the quartiles behind it. */
export const spread = ([lower, median, upper]: Quartiles, digits = 3) =>
  `${significant(median, digits)} ${pc.dim(`${significant(lower, digits)}…${significant(upper, digits)}`)}`;

export const significant = (value: number, digits = 3) =>
  value >= 10 ** (digits - 1) ? value.toFixed(0) : Number(value.toPrecision(digits)).toString();
