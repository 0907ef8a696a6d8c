/** `famjs bench training`: the steps of a run against peers that train the same weights on the same batches, in turns and in one run. */
import type { BackendDescription } from '@famjs/backends';
import { describeBackend } from '@famjs/backends';
import { type Batch, disposeTraining } from '@famjs/trainer';
import Table from 'cli-table3';
import pc from 'picocolors';
import { describeMachine } from '../../report/machine.ts';
import { startBackend } from '../../start-backend.ts';
import { openLive } from '../../terminal/live.ts';
import { ruled } from '../../terminal/ruled.ts';
import { famjsVersion } from '../../versions.ts';
import type { Clock } from '../clock.ts';
import { type Quartiles, quartiles } from '../contest.ts';
import { significant, spread } from '../table.ts';
import { type Contender, ours, peer, type Step } from './contender.ts';
import { openSubject } from './subject.ts';

export interface TrainingBenchOptions {
  model?: string | undefined;
  book?: string[] | undefined;
  backend: string;
  /** Steps of each contender, after one that warms up. */
  rounds: number;
  clock: Clock;
  /** Commands of peers. */
  peer: readonly string[];
  json?: boolean;
}

interface Report {
  /** ISO 8601, UTC. */
  started: string;
  famjs: string;
  machine: ReturnType<typeof describeMachine>;
  backend: BackendDescription;
  run: string;
  clock: Clock;
  contenders: {
    name: string;
    /** Tokens a second. */
    speed: Quartiles;
    /** FAM.js' speed over this one's, step by step. */
    ratio: Quartiles;
    peakBytes: number;
    /** Step by step, the warm-up's first. */
    losses: number[];
  }[];
}

/** The rate of every step: its size matters to the losses, not to the time. */
const RATE = 1e-3;

/** Relative: the first updates of Adam are as large for a gradient of rounding errors as for any other. */
const LOSS_TOLERANCE = 1e-3;

/** Measures, and prints a table or JSON. */
export async function benchTraining(name: string, options: TrainingBenchOptions): Promise<void> {
  const { backend, clock, rounds } = options;
  const started = new Date().toISOString();
  await startBackend(backend);
  const live = openLive();
  const { run, state, dispose } = await openSubject(name, { model: options.model, books: options.book });
  const contenders: Contender[] = [ours(run, state, backend, RATE, clock)];
  try {
    for (const command of options.peer) contenders.push(await peer(command, run, state, RATE, clock));
    const steps: Step[][] = contenders.map(() => []);
    const batches: Batch[] = [];
    for (let step = 0; step <= rounds; step++) {
      const batch = await run.task.batch(step, state.seed);
      batches.push(batch);
      for (const [index, contender] of contenders.entries()) steps[index]!.push(await contender.step(batch));
      requireAgreement(contenders, steps);
      live.say(`step ${step + 1} of ${rounds + 1}: ${batch.tokens.length} tokens by each`);
    }
    live.clear();
    const report: Report = {
      ...{
        started,
        famjs: famjsVersion,
        machine: describeMachine(),
        backend: describeBackend(),
        run: name,
        clock,
      },
      contenders: contenders.map((contender, index) => ({
        name: contender.name,
        ...timesOf(steps, index, batches),
        peakBytes: steps[index]!.at(-1)!.peakBytes,
        losses: steps[index]!.map(({ loss }) => loss),
      })),
    };
    process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : trainingTable(report)}\n`);
  } finally {
    for (const { end } of contenders) end();
    live.end();
    disposeTraining(state);
    dispose();
  }
}

/** @throws Error when a peer's last loss is not that of FAM.js */
function requireAgreement(contenders: readonly Contender[], steps: readonly Step[][]): void {
  const [expected, ...losses] = steps.map((own) => own.at(-1)!.loss) as [number, ...number[]];
  losses.forEach((loss, index) => {
    if (Math.abs(loss - expected) <= LOSS_TOLERANCE * Math.abs(expected)) return;
    throw new Error(
      `step ${steps[0]!.length} of "${contenders[index + 1]!.name}" has a loss of ${loss}, that of FAM.js is ${expected}: they do not train the same`,
    );
  });
}

function timesOf(
  steps: readonly Step[][],
  index: number,
  batches: readonly Batch[],
): { speed: Quartiles; ratio: Quartiles } {
  const rounds = steps[index]!.slice(1); // The first one warms up.
  return {
    speed: quartiles(rounds.map(({ seconds }, round) => batches[round + 1]!.tokens.length / seconds)),
    ratio: quartiles(rounds.map(({ seconds }, round) => seconds / steps[0]![round + 1]!.seconds)),
  };
}

function trainingTable({ run, clock, contenders }: Report): string {
  const second = clock === 'cpu' ? 'CPU second' : 'second';
  const titles = [run, `tokens a ${second}`, 'FAM.js is times faster', 'loss, first and last', 'memory, MB'];
  const table = new Table({
    ...{ head: titles.map((title) => pc.dim(title)), chars: ruled },
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  contenders.forEach(({ name, speed, ratio, losses, peakBytes }, index) => {
    const loss = [losses[0]!, losses.at(-1)!].map((value) => value.toFixed(4)).join(' … ');
    table.push([name, spread(speed), index > 0 ? spread(ratio) : '', loss, significant(peakBytes / 1e6)]);
  });
  return table.toString();
}
