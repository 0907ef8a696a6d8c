/** Adds up vitest's reports into the line that CI reads, 'N passed, N failed, N skipped'; no passed test is a failure. */
import { readdirSync, readFileSync } from 'node:fs';

const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of readdirSync('reports').filter((file) => file.endsWith('.json'))) {
  const report = JSON.parse(readFileSync(`reports/${name}`, 'utf8'));
  const unloadable = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  total.passed += report.numPassedTests;
  total.failed += report.numFailedTests + unloadable.length;
  total.skipped += report.numPendingTests + report.numTodoTests;
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.passed > 0 && total.failed === 0 ? 0 : 1;
