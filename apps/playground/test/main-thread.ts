/** What a page's main thread does: how long its tasks keep the processor, and what moves on the page by itself. */
import type { Browser, Page } from 'playwright';

/** Has a page, before it is loaded, note all that moves without anybody having touched it, by more than parts of pixels. */
export const notesShifts = `
  globalThis.shifts = [];
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value, sources } of list.getEntries()) {
      if (!hadRecentInput && value > 5e-5) shifts.push(value.toFixed(4) + ' ' + sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? node?.textContent).join(', '));
    }
  }).observe({ type: 'layout-shift', buffered: true });`;

/** What has moved since it was asked last, and how much. */
export const shiftsIn = (page: Page): Promise<string[]> =>
  page.evaluate('globalThis.shifts.splice(0)') as Promise<string[]>;

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

/** Milliseconds of the processor that this machine takes now for what takes it about 50 while nobody else has it. */
export async function fiftyMilliseconds(browser: Browser, page: Page): Promise<number> {
  await watchTasks(browser, page);
  await page.evaluate(
    '{ let sum = 0; for (let i = 0; i < 1e7; i++) sum = (Math.imul(sum, 31) + i) | 0; sum }',
  );
  return longestTask(browser);
}

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
