/** A benchmark from its order to the table or the JSON, here or in a browser. */
import type { BackendDescription } from '@famjs/backends';
import { describeMachine } from '../report/machine.ts';
import { openLive } from '../terminal/live.ts';
import { famjsVersion } from '../versions.ts';
import { type BenchmarkOrder, runBenchmark } from './benchmarks.ts';
import type { ContestResult } from './contest.ts';
import { type BrowserOptions, runInBrowser } from './page/serve.ts';
import { benchmarkTable, resultLine } from './table.ts';

/** What `famjs bench --json` prints. */
interface BenchmarkReport extends BenchmarkOrder {
  /** ISO 8601, UTC. */
  started: string;
  famjs: string;
  machine: ReturnType<typeof describeMachine>;
  runs: { backend: BackendDescription; platform: string; results: ContestResult[] }[];
}

/**
 * Shows the results as they come, and prints them in the end.
 *
 * @param browser where to run; in this process unless given
 */
export async function bench(
  order: BenchmarkOrder,
  browser: BrowserOptions | undefined,
  json: boolean,
): Promise<void> {
  const report: BenchmarkReport = {
    ...order,
    started: new Date().toISOString(),
    famjs: famjsVersion,
    machine: describeMachine(),
    runs: [],
  };
  const live = openLive();
  const shown = () =>
    report.runs
      .map(({ backend, platform, results }) => `${titleOf(backend)}, ${platform}\n${benchmarkTable(results)}`)
      .join('\n\n');
  for await (const event of browser ? runInBrowser(order, browser, live.say) : runBenchmark(order)) {
    if (event.type === 'backend') {
      const { backend, platform } = event;
      report.runs.push({ backend, platform, results: [] });
      live.say(`${order.benchmark} on ${titleOf(backend)}`);
      continue;
    }
    report.runs.at(-1)!.results.push(event.result);
    live.show({ frame: shown, line: () => resultLine(event.result) }, true);
  }
  live.clear();
  process.stdout.write(`${json ? JSON.stringify(report, null, 2) : shown()}\n`);
}

const titleOf = ({ name, version, device, emulated }: BackendDescription) =>
  `${name} (${version}; ${device}${emulated ? ', emulated' : ''})`;
