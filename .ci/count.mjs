/** Adds up vitest's reports: what was skipped and why, what failed and how, then the line that CI reads. Nothing passed is a failure too. */
import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const reports = readdirSync('reports').filter((name) => name.endsWith('.json'));
const files = reports.flatMap((name) => JSON.parse(readFileSync(`reports/${name}`, 'utf8')).testResults);
const tests = files.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));

const passed = tests.filter(({ status }) => status === 'passed').length;
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
const failed = [
  ...tests.filter(({ status }) => status === 'failed'),
  // Files that failed without a failing test: they could not be loaded.
  ...files
    .filter(({ status, assertionResults }) => {
      return status === 'failed' && assertionResults.every((test) => test.status !== 'failed');
    })
    .map((file) => ({ file: file.name, fullName: '(the file itself)', failureMessages: [file.message] })),
];

for (const title of new Set(skipped.map(({ title }) => title))) {
  console.log(`not run, ${skipped.filter((test) => test.title === title).length} times: ${title}`);
}
for (const { file, fullName, failureMessages } of failed) {
  console.log(`failed: ${relative('.', file)} > ${fullName}\n${failureMessages.join('\n').slice(0, 2000)}`);
}
console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
process.exitCode = passed > 0 && failed.length === 0 ? 0 : 1;
