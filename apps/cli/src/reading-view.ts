/** How far a session has read, for those who sit before a terminal. */
import type { ReadProgress } from '@famjs/zoo';
import pc from 'picocolors';
import { bar, clock, plural, rough } from './format.ts';
import { openLive } from './terminal/live.ts';

export interface ReadingView {
  show(progress: ReadProgress): void;
  /** Takes away what was shown. */
  end(): void;
}

export function readingView(): ReadingView {
  if (!process.stderr.isTTY) return { show: () => {}, end: () => {} };
  const live = openLive();
  const began = performance.now();
  const lineOf = ({ tokens, total }: ReadProgress) => {
    const speed = tokens / ((performance.now() - began) / 1000);
    const read = `${plural(tokens, 'token')} read · ${rough(speed)} tokens/s`;
    return total === undefined ? read : `${read} · ${clock((total - tokens) / speed)} left`;
  };
  return {
    show(progress) {
      const { tokens, total } = progress;
      const share = total === undefined ? '' : `${pc.cyan(bar(tokens / total))} `;
      live.show({ line: () => lineOf(progress), frame: () => ` ${share}${lineOf(progress)}` });
    },
    end: live.clear,
  };
}
