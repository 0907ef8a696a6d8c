/** FAM's figures in a terminal. */
import { expect, test } from 'vitest';
import { figuresOf } from './fam-view.ts';

test('figures are means over the layers with a bar for each, and what is not there is left out', () => {
  const attention = { fam: [0.1, 0.4, 0], sinks: [0, 0, 0], memory: [], own: [0.9, 0.6, 1] };
  expect(figuresOf({ size: [1, 2, 3], change: [], attention })).toEqual([
    { name: 'FAM size', mean: '2.00', bars: '▃▆█' },
    { name: 'attention to FAM', mean: '16.7 %', bars: '▂█▁' },
    { name: 'to its block', mean: '83.3 %', bars: '█▅█' },
  ]);
});
