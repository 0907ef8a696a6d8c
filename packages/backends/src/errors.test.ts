/** Each class of errors has a page of its name in `docs/errors`, and its message leads there. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import * as errors from './errors.ts';

type ErrorClass = new (complaint: errors.Complaint) => errors.FamError;

const { require: _, ...classes } = errors;
const repository = manifest.repository.url.replace(/^git\+|\.git$/g, '');

test.each(Object.entries(classes) as [string, ErrorClass][])('%s leads to its page', (name, FamError) => {
  const error = new FamError({ wrong: 'This.', expected: 'that.', remedy: 'do it.' });
  expect(error.page).toBe(`${repository}/blob/main/docs/errors/${name}.md`);
  expect(error.message).toBe(`This. Expected: that. To do: do it. More: ${error.page}`);
});

test('there is a page for each of them, and for no others', () => {
  const pages = readdirSync(join(import.meta.dirname, '../../../docs/errors'));
  const expected = [...Object.keys(classes).map((name) => `${name}.md`), 'index.md'];
  expect(pages.sort()).toEqual(expected.sort());
});
