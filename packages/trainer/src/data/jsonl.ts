/** Examples from lines of JSON. */
import { exampleIn, type OnBroken, refuseBroken } from './broken.ts';
import type { Example } from './examples.ts';

/**
 * @param source what errors call the text
 * @param onBroken gets each line that is no example and leaves it out; the first one is an error unless given
 * @throws CheckpointError for a line that is no example, with its number
 */
export const examplesOfJsonl = (text: string, source: string, onBroken?: OnBroken): Example[] =>
  text
    .split('\n')
    .flatMap((content, index) => examplesOfLine(content, { source, line: index + 1 }, onBroken));

/** The example of a line; none of an empty one, or of one that was told. */
export function examplesOfLine(
  content: string,
  at: { source: string; line: number },
  onBroken: OnBroken = refuseBroken,
): Example[] {
  if (content.trim() === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    onBroken({ ...at, why: (error as Error).message });
    return [];
  }
  return exampleIn(value, at, onBroken);
}
