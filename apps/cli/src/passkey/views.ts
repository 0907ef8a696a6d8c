/** How a run of the PassKey test looks while it goes on. */
import pc from 'picocolors';
import { bar, clock, interval, percent, plural, short } from '../format.ts';
import { isFillerKind } from '../names.ts';
import type { ModelReport, PassKeyReport } from '../report/passkey-report.ts';
import { passKeyTable } from '../report/table.ts';
import type { View } from '../terminal/live.ts';

/** A cell that is being filled: `share` of its filler is read after `seconds`. */
interface Cell {
  model: ModelReport;
  filler: number;
  share: number;
  seconds: number;
}

export function begun(report: PassKeyReport): View {
  const names = report.models.map(({ name }) => name).join(', ');
  return {
    frame: () => titled(report),
    line: () =>
      `PassKey of ${names} on ${report.backend.name}, up to ${short(report.fillers.at(-1)!)} tokens of filler`,
  };
}

export function cellUnderWay(report: PassKeyReport, { model, filler, share, seconds }: Cell): View {
  const left = `about ${clock((seconds / share) * (1 - share))} left`;
  const state = `${model.name} at ${short(filler)}`;
  return {
    frame: () =>
      `${titled(report, model)}\n\n ${pc.bold(state)} ${pc.cyan(bar(share))} ${percentOf(share)} · ${left}`,
    line: () => `${state}: ${percentOf(share)} of the filler read, ${left}`,
  };
}

export function cellDone(report: PassKeyReport, model: ModelReport): View {
  const { filler, exact, digits, seconds } = model.columns.at(-1)!;
  return {
    frame: () => titled(report),
    line: () =>
      `${model.name} at ${short(filler)}: ${percent(exact.share)} % of keys (${interval(exact)}), ` +
      `${percent(digits.share)} % of digits, ${clock(seconds)}`,
  };
}

/** The table under a line that says what its numbers are. */
export function titled(report: PassKeyReport, underWay?: ModelReport): string {
  const { backend, keys, filler, seed, machine } = report;
  const what = pc.dim(
    ` · ${backend.name} · ${plural(keys, 'key')} · ${isFillerKind(filler) ? `${filler} filler` : `filler of ${filler}`} · seed ${seed} · ${plural(machine.cores, 'core')}`,
  );
  const title = ` ${pc.bold('PassKey')}${what}`;
  const legend = pc.dim(' % of keys recalled in full after so many tokens of filler; a guess gets 0.001 %');
  return `${title}\n\n${passKeyTable(report, underWay)}\n\n${legend}`;
}

const percentOf = (share: number) => `${Math.floor(share * 100)} %`;
