/** The place of a session, which its calls move; that of a fork may still be on its way. */
import { disposePlace, type Place } from './place.ts';
import type { Turns } from './turns.ts';

export interface Standing {
  /** @throws when the session that it was to be a fork of came to nothing */
  here(): Place;
  /** Takes `next` over in place of where it stood. */
  moveTo(next: Place): void;
  /** Frees it. */
  dispose(): void;
}

/** @param start taken over; a promise of it holds the calls until then */
export function standingAt(start: Place | Promise<Place>, calls: Turns): Standing {
  let place = start instanceof Promise ? undefined : start;
  let failure: unknown;
  if (start instanceof Promise) {
    const arrive = async () => {
      place = await start;
    };
    const ended = () => start.then(disposePlace);
    void calls
      .take('fork()', arrive)
      .catch(ended)
      .catch((error) => {
        failure = error;
      });
  }
  const here = (): Place => {
    if (!place) throw failure;
    return place;
  };
  return {
    here,
    moveTo(next) {
      disposePlace(here());
      place = next;
    },
    dispose() {
      if (place) disposePlace(place);
      place = undefined;
    },
  };
}
