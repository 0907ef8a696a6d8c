/** The benchmarks by name, and how they are run. Nothing here or below needs Node: pages run the same. */
import {
  type BackendDescription,
  type BackendName,
  ConfigError,
  describeBackend,
  require,
  setBackend,
} from '@famjs/backends';
import { attentionContests } from './attention.ts';
import { type ContestResult, hold, type Planned } from './contest.ts';
import { decodeContests } from './decode.ts';
import { growthContests } from './decode-growth.ts';
import { stepContests } from './step.ts';
import { trainContests } from './train.ts';

export const benchmarkNames = ['attention', 'step', 'train', 'decode'] as const;
export type BenchmarkName = (typeof benchmarkNames)[number];

const benchmarks: Record<BenchmarkName, readonly Planned[]> = {
  attention: attentionContests,
  step: stepContests,
  train: trainContests,
  decode: [...decodeContests, ...growthContests],
};

/** What is to be measured. */
export interface BenchmarkOrder {
  benchmark: BenchmarkName;
  /** In this order; `auto` for the best that starts. */
  backends: readonly string[];
  rounds: number;
  /** Only contests whose subject contains this text. */
  only: string;
}

export type BenchmarkEvent =
  | { type: 'backend'; platform: string; backend: BackendDescription }
  | { type: 'result'; result: ContestResult };

/**
 * Holds all contests of a benchmark on one backend after another.
 *
 * @throws ConfigError when there is none to hold
 * @throws BackendUnavailableError when a backend does not start
 */
export async function* runBenchmark(order: BenchmarkOrder): AsyncGenerator<BenchmarkEvent> {
  requireContests(order);
  for (const wanted of order.backends) {
    await setBackend(wanted as BackendName | 'auto');
    yield { type: 'backend', platform: platform(), backend: describeBackend() };
    for (const planned of plannedFor(order)) {
      yield { type: 'result', result: await hold(planned, order.rounds) };
    }
  }
}

const plannedFor = ({ benchmark, only }: BenchmarkOrder) =>
  benchmarks[benchmark].filter(({ subject }) => subject.includes(only));

function requireContests(order: BenchmarkOrder): void {
  require(plannedFor(order).length > 0, ConfigError, () => ({
    wrong: `No contest of ${order.benchmark} has "${order.only}" in its name.`,
    expected: `a part of one of these: ${[...new Set(benchmarks[order.benchmark].map(({ subject }) => subject))].join('; ')}.`,
    remedy: 'correct --only, or leave it out.',
  }));
}

/** Node, or which browser. */
function platform(): string {
  return 'process' in globalThis ? `Node ${process.version}` : navigator.userAgent;
}
