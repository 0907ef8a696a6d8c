/** The files of a model as they arrive: how much of each is here, and how long the rest takes. */
import type { LoadProgress } from '@famjs/zoo';

export interface Arrival extends LoadProgress {
  /** When its first and its last bytes so far came, in milliseconds. */
  began: number;
  at: number;
}

/** The list with news of one file, at a time in milliseconds. */
export function withNews(arrivals: readonly Arrival[], news: LoadProgress, at: number): Arrival[] {
  const known = arrivals.find(({ file }) => file === news.file);
  if (!known) return [...arrivals, { ...news, began: at, at }];
  return arrivals.map((arrival) => (arrival === known ? { ...arrival, ...news, at } : arrival));
}

/** Seconds until the file that is arriving is here, at its pace so far; undefined while nobody can know. */
export function secondsLeft(arrivals: readonly Arrival[]): number | undefined {
  const arriving = arrivals.findLast(({ loaded, total }) => total !== undefined && loaded < total);
  if (!arriving || arriving.at - arriving.began < 500) return undefined;
  const { loaded, total, began, at } = arriving;
  return ((total! - loaded) * (at - began)) / loaded / 1000;
}
