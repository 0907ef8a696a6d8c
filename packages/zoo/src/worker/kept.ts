/** What stays in its thread for the other end, which speaks to it by number. */

/** A call from here, as long as which the other end may speak to what it was given. */
export interface OwnCall {
  refs: number[];
}

/** Something that stays, the call as long as which it does, and how it is let go. */
interface Kept {
  held: unknown;
  call: OwnCall | undefined;
  release: (() => void) | undefined;
}

export type Keeper = ReturnType<typeof keeper>;

export function keeper() {
  let last = 0;
  const kept = new Map<number, Kept>();
  const drop = (refs: readonly number[]) => {
    for (const ref of refs) {
      kept.get(ref)?.release?.();
      kept.delete(ref);
    }
  };
  return {
    /** @returns its number */
    keep(held: unknown, call: OwnCall | undefined, release?: () => void): number {
      kept.set(++last, { held, call, release });
      call?.refs.push(last);
      return last;
    },
    at: (ref: number): unknown => kept.get(ref)?.held,
    callOf: (ref: number): OwnCall | undefined => kept.get(ref)?.call,
    /** Lets go of what has ended by itself. */
    forget: (ref: number) => void kept.delete(ref),
    /** Lets go of these, of which each may have something to end. */
    drop,
    dropAll: () => drop([...kept.keys()]),
  };
}
