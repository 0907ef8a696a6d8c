/** The page's state in its URL: `#/view?name=value&…`, so that any state can be sent as a link. */
import { type ReadonlySignal, signal } from '@preact/signals';

export interface Route {
  view: string;
  params: Readonly<Record<string, string>>;
}

const current = signal(routeOf(location.hash));
addEventListener('hashchange', () => {
  current.value = routeOf(location.hash);
});

/** Where the page stands. */
export const route: ReadonlySignal<Route> = current;

function routeOf(hash: string): Route {
  const [, view = '', query = ''] = /^#\/([a-z-]*)(?:\?(.*))?$/.exec(hash) ?? [];
  return { view, params: Object.fromEntries(new URLSearchParams(query)) };
}

/** The address of a view in a state. */
export function addressOf(view: string, params: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(params).toString();
  return `#/${view}${query ? `?${query}` : ''}`;
}

/** Changes parameters of the view that is shown, without a new entry in the history; `undefined` takes one away. */
export function setParams(changes: Readonly<Record<string, string | number | undefined>>): void {
  const { view, params } = current.value;
  const entries = Object.entries({ ...params, ...changes }).filter(([, value]) => value !== undefined);
  const next = Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
  history.replaceState(null, '', addressOf(view, next));
  current.value = { view, params: next };
}

/** A parameter that is one of `choices`: the first of them unless given. */
export function choiceOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
  const given = route.value.params[name] as Choice | undefined;
  return given !== undefined && choices.includes(given) ? given : choices[0]!;
}

/** A parameter that is a whole number from `low` to `high`: `otherwise` unless given. */
export function numberOf(name: string, low: number, high: number, otherwise: number): number {
  const given = Number(route.value.params[name] ?? Number.NaN);
  return Number.isInteger(given) ? Math.min(high, Math.max(low, given)) : otherwise;
}
