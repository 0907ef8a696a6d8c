/** Pass keys. */
import type { Random } from '@famjs/trainer';
import { KEY_DIGITS } from './text.ts';

/** A key of five digits, any of them. */
export function drawKey(random: Random): string {
  return String(random.below(10 ** KEY_DIGITS)).padStart(KEY_DIGITS, '0');
}

/** `count` different keys. */
export function drawKeys(count: number, random: Random): string[] {
  const keys = new Set<string>();
  while (keys.size < count) keys.add(drawKey(random));
  return [...keys];
}
