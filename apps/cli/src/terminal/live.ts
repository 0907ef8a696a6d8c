/** Work in progress on the standard error: redrawn in place in a terminal, an occasional line elsewhere. */
import { createLogUpdate } from 'log-update';

export interface View {
  /** Everything at a glance, in several lines. */
  frame(): string;
  /** The same in one line, for logs. */
  line(): string;
}

export interface Live {
  /** Shows the state of the work when it is time again, or at once when it is a milestone. */
  show(view: View, milestone?: boolean): void;
  /** Adds a line that stays. */
  say(line: string): void;
  /** Takes away what is redrawn; lines stay. */
  clear(): void;
  /** Leaves what was drawn last where it is. */
  end(): void;
}

const REDRAW_MS = 100;
const LOG_MS = 15_000;

export function openLive(stream: NodeJS.WriteStream = process.stderr): Live {
  if (!stream.isTTY) {
    const due = everyMs(LOG_MS, performance.now());
    const say = (line: string) => void stream.write(`${line}\n`);
    const show = (view: View, milestone = false) => {
      if (milestone || due()) say(view.line());
    };
    return { say, show, clear: () => {}, end: () => {} };
  }
  const due = everyMs(REDRAW_MS, 0);
  const update = createLogUpdate(stream, { showCursor: true });
  let frame = '';
  return {
    show(view, milestone = false) {
      if (!milestone && !due()) return;
      frame = view.frame();
      update(frame);
    },
    say(line) {
      update.clear();
      stream.write(`${line}\n`);
      if (frame) update(frame);
    },
    clear() {
      frame = '';
      update.clear();
    },
    end: () => update.done(),
  };
}

/** Tells whether so many milliseconds have gone by since it last said so, at first since `last`. */
function everyMs(pause: number, last: number): () => boolean {
  let then = last;
  return () => {
    if (performance.now() - then < pause) return false;
    then = performance.now();
    return true;
  };
}
