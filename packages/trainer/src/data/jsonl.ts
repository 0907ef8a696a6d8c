/** Examples from lines of JSON. */
import { exampleIn, type OnBroken, refuseBroken } from './broken.ts';
import type { Example } from './examples.ts';

/**
 * @param source what errors call the text
 * @param onBroken gets each line that is no example and leaves it out; the first one is an error unless given
 * @throws CheckpointError for a line that is no example, with its number
 */
export function examplesOfJsonl(text: string, source: string, onBroken: OnBroken = refuseBroken): Example[] {
  return text.split('\n').flatMap((content, index) => {
    if (content.trim() === '') return [];
    const at = { source, line: index + 1 };
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch (error) {
      onBroken({ ...at, why: (error as Error).message });
      return [];
    }
    return exampleIn(value, at, onBroken);
  });
}
