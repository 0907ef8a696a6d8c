/** The dtypes of a model beside each other, for terminals. */
import Table from 'cli-table3';
import pc from 'picocolors';
import { percent, plural } from '../format.ts';
import { ruled } from '../terminal/ruled.ts';
import type { Check } from './check.ts';

export function checkTable({ text, tokens, places, dtypes }: Check): string {
  const table = new Table({
    head: ['dtype', 'perplexity', 'error of logits', 'same likeliest token'].map((title) => pc.dim(title)),
    colAligns: ['left', 'right', 'right', 'right'],
    chars: ruled,
    style: { head: [], border: [] },
  });
  for (const { dtype, perplexity, error, agreement } of dtypes)
    table.push([dtype, perplexity.toFixed(3), error.toExponential(1), `${percent(agreement)} %`]);
  return `${pc.bold('checked')} on ${plural(tokens, 'token')} of ${text}, logits at ${plural(places, 'place')}\n${table}`;
}
