/** Objects of files that people write: a key that is not known is named with the one that it is likely to be. */
import { distance } from 'fastest-levenshtein';
import * as z from 'zod';

/** An object of these keys and no others. */
export const strict = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? (issue.keys as string[]).map((key) => unknown(key, Object.keys(shape))).join('; ')
        : undefined,
  });

function unknown(key: string, known: readonly string[]): string {
  const [nearest] = [...known].sort((a, b) => distance(key, a) - distance(key, b));
  const isNear = nearest !== undefined && distance(key, nearest) <= Math.max(2, key.length / 2);
  return `there is no "${key}"${isNear ? `, did you mean "${nearest}"?` : ` among ${known.join(', ')}`}`;
}
