/** The PassKey test of models, from the command line to the table and the report. */
import path from 'node:path';
import pc from 'picocolors';
import { plural } from '../format.ts';
import type { LoadChoices } from '../model-options.ts';
import { isFillerKind } from '../names.ts';
import { toJson } from '../report/write.ts';
import { interruptible } from '../terminal/interrupt.ts';
import { openLive } from '../terminal/live.ts';
import { textOf } from '../text-file.ts';
import { type ChosenFiller, type Contestant, loadContestant } from './contestant.ts';
import { fillersUpTo, type PassKeyOptionValues } from './options.ts';
import { runPassKey } from './run.ts';
import { titled } from './views.ts';

/**
 * @param reportName file name of the report, without extension
 * @throws Interrupted on Ctrl-C, with every finished cell in the report
 */
export async function testModels(
  models: readonly { name: string; place: string; choices?: LoadChoices }[],
  backend: string,
  { maxFiller, json, out, ...test }: PassKeyOptionValues,
  reportName: string,
): Promise<void> {
  const contestants: Contestant[] = [];
  const filler = await chosenFiller(test.filler);
  const ofFiller = test.filler === 'periodic' ? '' : `-${path.basename(test.filler, '.txt')}`;
  const file = path.join(out, `${reportName}${ofFiller}`);
  const command = ['famjs', ...process.argv.slice(2)].join(' ');
  const live = openLive();
  try {
    for (const { name, place, choices } of models)
      contestants.push(await loadContestant(name, place, filler, choices));
    const settings = { ...test, fillers: fillersUpTo(maxFiller), backend, command, file };
    const report = await interruptible(
      () => `${kept(contestants, file)}\nThe same command begins anew; --max-filler makes it shorter.`,
      (signal) => runPassKey(contestants, settings, live, signal),
    );
    live.clear();
    process.stdout.write(json ? toJson(report) : `${titled(report)}\n`);
    process.stderr.write(`${json ? '' : '\n'} ${pc.dim('Report:')} ${file}.html\n`);
  } finally {
    live.end();
    for (const { model } of contestants) model.dispose();
  }
}

async function chosenFiller(filler: string): Promise<ChosenFiller> {
  if (isFillerKind(filler)) return filler;
  const pieces: string[] = [];
  for await (const piece of textOf(filler)) pieces.push(piece);
  return { file: filler, text: pieces.join('') };
}

function kept(contestants: readonly Contestant[], file: string): string {
  const cells = contestants.reduce((sum, { report }) => sum + report.columns.length, 0);
  return cells > 0 ? `${plural(cells, 'finished cell')} in ${file}.html` : 'No cell was finished.';
}
