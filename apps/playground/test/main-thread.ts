/** What a page's main thread does: how much of the page a task changes, how long it keeps the processor, and what moves by itself. */
import type { Browser, Page } from 'playwright';

/** Has a page, before it is loaded, note what moves on it by more than parts of pixels, and the most nodes that change at once. */
export const notesWork = `{
  const shifts = [];
  const note = (entries) => {
    for (const { value, sources } of entries) {
      if (value > 5e-5) shifts.push(value.toFixed(4) + ' ' + sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? node?.textContent).join(', '));
    }
  };
  const watching = new PerformanceObserver((list) => note(list.getEntries()));
  watching.observe({ type: 'layout-shift', buffered: true });
  globalThis.takeShifts = async () => {
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))));
    note(watching.takeRecords());
    return shifts.splice(0);
  };
  globalThis.mostChanged = 0;
  const sizeOf = (node) => 1 + (node.querySelectorAll?.('*').length ?? 0);
  new MutationObserver((changes) => {
    let changed = 0;
    for (const { addedNodes } of changes) {
      changed++;
      for (const node of addedNodes) if (node.isConnected) changed += sizeOf(node);
    }
    mostChanged = Math.max(mostChanged, changed);
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}`;

/** What has moved since it was asked last, and how much. */
export const shiftsIn = (page: Page): Promise<string[]> => page.evaluate('takeShifts()') as Promise<string[]>;

/** The most nodes that one task has made or changed since it was asked last: work that no load of the machine makes more. */
export const mostChangedIn = (page: Page): Promise<number> =>
  page.evaluate('[mostChanged, mostChanged = 0][0]') as Promise<number>;

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** Microseconds of the processor, where the time on a clock is that of all who share it. */
  tdur?: number;
  args: { name?: string };
}

const categories = ['-*', '__metadata', 'disabled-by-default-devtools.timeline'];

export const watchTasks = (browser: Browser, page: Page): Promise<void> =>
  browser.startTracing(page, { categories });

/** Milliseconds of the processor of the longest task of a page's main thread since it was watched. */
export async function longestTask(browser: Browser): Promise<number> {
  const { traceEvents } = JSON.parse(String(await browser.stopTracing())) as { traceEvents: TraceEvent[] };
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const mains = traceEvents.filter(
    ({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain',
  );
  const ofPages = new Set(mains.map(threadOf));
  const tasks = traceEvents.filter((event) => event.name === 'RunTask' && ofPages.has(threadOf(event)));
  if (tasks.length === 0) throw new Error('The trace of Chromium has no tasks.');
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur / 1000));
}
