/** Keys for the playground: only those that no training has seen. */
import { drawTestKeys, isTestKey, KEY_DIGITS } from '@famjs/tasks';

/** `count` reserved keys, of which the first is `first`, or the nearest to it that is reserved. */
export function reservedKeys(first: string | undefined, count: number, seed: number): string[] {
  const drawn = drawTestKeys(count + 1, seed);
  if (first === undefined) return drawn.slice(0, count);
  const key = nearestReserved(first);
  return [key, ...drawn.filter((other) => other !== key)].slice(0, count);
}

function nearestReserved(key: string): string {
  const all = 10 ** KEY_DIGITS;
  const wanted = Number(key);
  const keyOf = (number: number) => String((number + all) % all).padStart(KEY_DIGITS, '0');
  for (let away = 0; ; away++) {
    for (const near of [keyOf(wanted + away), keyOf(wanted - away)]) if (isTestKey(near)) return near;
  }
}
