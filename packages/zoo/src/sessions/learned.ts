/** A learned memory as a session: what a frozen model begins texts with, opened like any session. */
import { tidied } from '@famjs/backends';
import { type HeldModel, stackOf } from '../model.ts';
import type { NamedModel } from '../named-model.ts';
import { disposePlace, startPlace } from './place.ts';
import { packPlace } from './session-file.ts';

/**
 * The bytes of a session before its first token, for `restore()`.
 *
 * @param model the base model with a learned memory among its weights (`initialMemory`)
 * @param base the base model alone, with which the session is opened
 */
export async function learnedSession(model: HeldModel, base: NamedModel): Promise<Uint8Array> {
  const place = tidied(() => startPlace(stackOf(model), 1, 0));
  try {
    return await packPlace(place, base);
  } finally {
    disposePlace(place);
  }
}
