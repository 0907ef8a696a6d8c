/** `famjs bench model`: a real model against its peers, in turns and in one run, and against itself further on in a book. */
import { readFile } from 'node:fs/promises';
import { ConfigError, describeBackend, require } from '@famjs/backends';
import type { WeightDtype } from '@famjs/zoo';
import type { ModelOptionValues } from '../../model-options.ts';
import { openModel } from '../../open-model.ts';
import { describeMachine } from '../../report/machine.ts';
import { openLive } from '../../terminal/live.ts';
import { famjsVersion } from '../../versions.ts';
import { type Clock, secondsOf } from '../clock.ts';
import { quartiles } from '../contest.ts';
import type { Contender, Run } from './contender.ts';
import { flatness } from './flat.ts';
import { ours } from './ours.ts';
import { peer } from './peer.ts';
import type { ModelBenchReport } from './report.ts';
import { modelTable } from './table.ts';

export interface ModelBenchOptions extends ModelOptionValues {
  /** A text of which the first tokens are read. */
  text: string;
  /** Lengths that are read. */
  tokens: readonly number[];
  /** Tokens that are written after each. */
  write: number;
  rounds: number;
  clock: Clock;
  /** Commands of peers. */
  peer: readonly string[];
  /** The model itself, held otherwise. */
  beside: readonly WeightDtype[];
  /** Two places in the text at which writing is compared with itself. */
  flat: readonly [number, number] | undefined;
  json?: boolean;
}

/** Measures, and prints a table or JSON. */
export async function benchModel(place: string, options: ModelBenchOptions): Promise<void> {
  const started = new Date().toISOString();
  const live = openLive();
  const { model, contender } = await opened(place, options);
  const book = model.tokenizer.encode(await readFile(options.text, 'utf8'));
  requireLength(book, options);
  const contenders = [contender];
  try {
    for (const dtype of options.beside)
      contenders.push((await opened(place, { ...options, dtype })).contender);
    for (const command of options.peer) contenders.push(await peer(command, options.clock));
    const runs = await inTurns(contenders, book, options, (line) => live.say(line));
    const flat =
      options.flat &&
      (await flatness(model, book, options.flat, {
        ...options,
        onRead: (tokens) => live.show(view(`read ${tokens} of ${options.flat![1]} tokens`)),
      }));
    live.clear();
    const report: ModelBenchReport = {
      ...{ started, famjs: famjsVersion, machine: describeMachine(), backend: describeBackend() },
      ...{ model: model.name, clock: options.clock },
      contenders: contenders.map(({ name, loaded, peakBytes }, index) => ({
        ...{ name, loaded, peakBytes: peakBytes() },
        speeds: speedsOf(runs, index, options),
        ratios: ratiosOf(runs, index),
      })),
      flat,
    };
    process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : modelTable(report)}\n`);
  } finally {
    for (const { end } of contenders) end();
  }
}

/** The model as `dtype` says, and as a contender. */
async function opened(place: string, options: ModelBenchOptions) {
  let opened!: Awaited<ReturnType<typeof openModel>>;
  const loaded = await secondsOf(async () => {
    opened = await openModel(place, options);
  }, options.clock);
  const { model, backend } = opened;
  const held = options.dtype ? `${backend}, ${options.dtype}` : backend;
  return { model, contender: ours(model, held, loaded, options.clock) };
}

/** By tokens read, round by round, contender by contender. */
type Runs = Record<number, Run[][]>;

async function inTurns(
  contenders: readonly Contender[],
  book: readonly number[],
  { tokens, write, rounds }: ModelBenchOptions,
  say: (line: string) => void,
): Promise<Runs> {
  const runs: Runs = {};
  for (const count of tokens) {
    runs[count] = [];
    for (let round = -1; round < rounds; round++) {
      const turn: Run[] = [];
      for (const contender of contenders) turn.push(await contender.run(book.slice(0, count), write));
      if (round >= 0) runs[count].push(turn); // The first one warms up.
    }
    say(`${count} tokens read and ${write} written, ${rounds} times by each`);
  }
  return runs;
}

const byLength = <Of>(runs: Runs, of: (rounds: Run[][], count: number) => Of) =>
  Object.fromEntries(Object.entries(runs).map(([count, rounds]) => [count, of(rounds, Number(count))]));

const speedsOf = (runs: Runs, index: number, { write }: ModelBenchOptions) =>
  byLength(runs, (rounds, count) => ({
    read: quartiles(rounds.map((turn) => count / turn[index]!.read)),
    write: quartiles(rounds.map((turn) => write / turn[index]!.write)),
  }));

const ratiosOf = (runs: Runs, index: number) =>
  byLength(runs, (rounds) => ({
    read: quartiles(rounds.map((turn) => turn[index]!.read / turn[0]!.read)),
    write: quartiles(rounds.map((turn) => turn[index]!.write / turn[0]!.write)),
  }));

const view = (line: string) => ({ line: () => line, frame: () => line });

function requireLength(book: readonly number[], { text, tokens, flat }: ModelBenchOptions): void {
  const needed = Math.max(...tokens, ...(flat ?? []));
  require(book.length >= needed, ConfigError, () => ({
    wrong: `${text} has ${book.length} tokens.`,
    expected: `at least ${needed}, which are to be read.`,
    remedy: 'pass a longer text, or read less with --tokens and --flat.',
  }));
}
