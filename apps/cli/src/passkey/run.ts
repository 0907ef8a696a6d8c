/** A run of the PassKey test: shown while it goes on, and written to its report after every cell. */
import path from 'node:path';
import { describeBackend } from '@famjs/backends';
import { describeMachine } from '../report/machine.ts';
import type { PassKeyReport } from '../report/passkey-report.ts';
import { writeReport } from '../report/write.ts';
import type { Live } from '../terminal/live.ts';
import { famjsVersion } from '../versions.ts';
import { requireWritable } from '../writable.ts';
import type { Contestant } from './contestant.ts';
import { inRounds } from './rounds.ts';
import { begun, cellDone, cellUnderWay } from './views.ts';

export interface PassKeySettings {
  fillers: number[];
  keys: number;
  /** A kind, or the name of a text file, as the report shows it. */
  filler: string;
  seed: number;
  everyToken: boolean;
  backend: string;
  /** The command that asks for it, as the report shows it. */
  command: string;
  /** Path of the report, without extension. */
  file: string;
}

/**
 * @returns the finished report, which is on disk by then
 * @throws StorageError, before anything is computed, when the report cannot be written
 */
export async function runPassKey(
  contestants: readonly Contestant[],
  { fillers, keys, filler, seed, everyToken, backend, command, file }: PassKeySettings,
  live: Live,
  signal: AbortSignal,
): Promise<PassKeyReport> {
  await requireWritable(path.dirname(file));
  const began = performance.now();
  const report: PassKeyReport = {
    test: 'passkey',
    partial: true,
    command,
    started: new Date().toISOString(),
    seconds: 0,
    seed,
    keys,
    filler,
    everyToken,
    fillers,
    backend: { name: backend, version: describeBackend().version },
    machine: describeMachine(),
    famjs: famjsVersion,
    models: contestants.map((contestant) => contestant.report),
  };
  live.show(begun(report), true);
  let cellBegan = began;
  for await (const { contestant, ...event } of inRounds(contestants, {
    fillers,
    keys,
    seed,
    everyToken,
    signal,
  })) {
    const { report: model } = contestant;
    const now = performance.now();
    const seconds = (now - cellBegan) / 1000;
    if (event.type === 'read') {
      const [from, to] = [model.columns.at(-1)?.filler ?? 0, fillers[model.columns.length]!];
      live.show(
        cellUnderWay(report, { model, share: (event.done - from) / (to - from), filler: to, seconds }),
      );
      continue;
    }
    model.columns.push({ filler: event.filler, ...event.score, seconds });
    report.seconds = (now - began) / 1000;
    report.partial = contestants.some((each) => each.report.columns.length < fillers.length);
    await writeReport(file, report);
    live.show(cellDone(report, model), true);
    cellBegan = performance.now();
  }
  return report;
}
