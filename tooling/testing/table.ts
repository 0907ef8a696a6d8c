/** Prints on which backends the suites ran, and where not and why. In CI, each of those that must run has to. */
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

/** Where each backend must run in CI. */
const required: Record<string, readonly string[]> = {
  node: ['cpu', 'wasm', 'tensorflow', 'webgpu'],
  chromium: ['webgl', 'webgpu', 'wasm'],
};

interface Row {
  passed: number;
  failed: number;
  skipped: number;
  /** Why suites did not start. */
  reasons: Set<string>;
}

export class BackendTable implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = new Map<string, Row>();
    for (const [place, backends] of Object.entries(required)) {
      for (const backend of backends) rowOf(rows, `${place} ${backend}`);
    }
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const backend = backendOf(test);
        if (backend) count(rowOf(rows, `${module.project.name} ${backend}`), test);
      }
    }
    if (![...rows.values()].some(({ passed, failed }) => passed + failed > 0)) return;
    console.log(tableOf(rows));
    const silent = [...rows].filter(([name, row]) => isRequired(name) && row.passed === 0);
    if (!process.env.CI || silent.length === 0) return;
    console.error(`In CI the suites must run on each of these: ${silent.map(([name]) => name).join(', ')}.`);
    process.exitCode = 1;
  }
}

function rowOf(rows: Map<string, Row>, name: string): Row {
  const row = rows.get(name) ?? { passed: 0, failed: 0, skipped: 0, reasons: new Set<string>() };
  rows.set(name, row);
  return row;
}

/** The backend in the title that `describeEachBackend` gives its suites. */
function backendOf(test: TestCase): string | undefined {
  let parent: TestSuite | TestModule = test.parent;
  while (parent.type === 'suite') {
    const backend = / on (\w+)$/.exec(parent.name)?.[1];
    if (backend) return backend;
    parent = parent.parent;
  }
  return undefined;
}

function count(row: Row, test: TestCase): void {
  const { state } = test.result();
  if (state !== 'pending') row[state]++;
  const reason = /^skipped: (.*)$/.exec(test.name)?.[1];
  if (reason) row.reasons.add(reason);
}

const isRequired = (name: string) => {
  const [place, backend] = name.split(' ') as [string, string];
  return required[place]?.includes(backend);
};

function tableOf(rows: Map<string, Row>): string {
  const lines = [...rows].map(([name, { passed, failed, skipped, reasons }]) => {
    const [place, backend] = name.split(' ') as [string, string];
    const counts = [passed, failed, skipped].map((number) => String(number).padStart(7));
    const why = [...reasons].join('; ') || (passed + failed === 0 ? 'no suite was started' : '');
    return ` ${place.padEnd(9)} ${backend.padEnd(11)}${counts.join('  ')}  ${why}`.trimEnd();
  });
  return ['', ` where     backend      passed   failed  skipped`, ...lines, ''].join('\n');
}
