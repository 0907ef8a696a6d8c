/** What is done to FAM in the address of the page: `erase-4032.swap-8000`, each with the tokens that were read before it. */
import { type Act, deeds } from './events.ts';

export function actsOf(param = ''): Act[] {
  return param.split('.').flatMap((part) => {
    const [, name, after] = /^([a-z]+)-(\d{1,9})$/.exec(part) ?? [];
    const deed = deeds.find((each) => each === name);
    return deed ? [{ deed, after: Number(after) }] : [];
  });
}

export const paramOf = (acts: readonly Act[]): string =>
  acts.map(({ deed, after }) => `${deed}-${after}`).join('.');
