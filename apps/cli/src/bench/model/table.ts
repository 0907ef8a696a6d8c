/** The table of `famjs bench model`, for terminals. */
import Table from 'cli-table3';
import pc from 'picocolors';
import { ruled } from '../../terminal/ruled.ts';
import { type Quartiles, quartiles } from '../contest.ts';
import { significant, spread } from '../table.ts';
import type { ModelBenchReport } from './report.ts';

export function modelTable({ model, clock, contenders, flat }: ModelBenchReport): string {
  const second = clock === 'cpu' ? 'CPU second' : 'second';
  const head = [model, `tokens a ${second}`, 'FAM.js is times faster'].map((title) => pc.dim(title));
  const table = new Table({
    ...{ head, colAligns: ['left', 'right', 'right'], chars: ruled },
    style: { head: [], border: [] },
  });
  contenders.forEach(({ name, loaded, peakBytes, speeds, ratios }, index) => {
    const title = `${pc.bold(name)} ${pc.dim(`(loaded in ${loaded.toFixed(1)} s, at most ${significant(peakBytes / 1e6)} MB)`)}`;
    table.push([{ colSpan: 3, content: title }]);
    for (const [count, { read, write }] of Object.entries(speeds)) {
      const ratio = (kind: 'read' | 'write') => (index > 0 ? spread(ratios[Number(count)]![kind]) : '');
      table.push([`  ${count} tokens read`, spread(read), ratio('read')]);
      table.push([`  written after them`, spread(write), ratio('write')]);
    }
  });
  return flat ? `${table.toString()}\n\n${flatLines(flat)}` : table.toString();
}

function flatLines({ states, ratios }: NonNullable<ModelBenchReport['flat']>): string {
  const lines = states.map(
    ({ tokens, stateBytes, savedBytes, milliseconds }) =>
      `after ${tokens} tokens: ${spread(quartiles(milliseconds))} ms a token, a state of ` +
      `${significant(stateBytes / 1e6)} MB, saved in ${significant(savedBytes / 1e6)} MB`,
  );
  const times: Quartiles = quartiles(ratios);
  return [...lines, `the later over the earlier time: ${spread(times, 4)}`].join('\n');
}
