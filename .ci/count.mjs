/** Adds up vitest's reports: what was skipped and why, then the line that CI reads. Nothing passed is a failure too. */
import { readdirSync, readFileSync } from 'node:fs';

const reports = readdirSync('reports').filter((name) => name.endsWith('.json'));
const files = reports.flatMap((name) => JSON.parse(readFileSync(`reports/${name}`, 'utf8')).testResults);
const tests = files.flatMap((file) => file.assertionResults);

const passed = tests.filter(({ status }) => status === 'passed').length;
const failedTests = tests.filter(({ status }) => status === 'failed').length;
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');

/** Files that failed without a failing test: they could not be loaded. */
const failedFiles = files.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
).length;
const failed = failedTests + failedFiles;

for (const title of new Set(skipped.map(({ title }) => title))) {
  console.log(`not run, ${skipped.filter((test) => test.title === title).length} times: ${title}`);
}
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
