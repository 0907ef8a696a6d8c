/** Examples from lines of JSON; lines that are none are told by their numbers, and left out where that is wanted. */
import { CheckpointError } from '@famjs/backends';
import { type Example, exampleSchema } from './examples.ts';

/** A line that is no example. */
export interface BrokenLine {
  source: string;
  /** Counted from 1. */
  line: number;
  why: string;
}

/**
 * @param source what errors call the text
 * @param onBroken gets each line that is no example and leaves it out; the first one is an error unless given
 * @throws CheckpointError for a line that is no example, with its number
 */
export function examplesOfJsonl(
  text: string,
  source: string,
  onBroken: (line: BrokenLine) => void = refuse,
): Example[] {
  return text.split('\n').flatMap((content, index) => {
    if (content.trim() === '') return [];
    const broken = (why: string) => {
      onBroken({ source, line: index + 1, why });
      return [];
    };
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch (error) {
      return broken((error as Error).message);
    }
    const { success, data, error } = exampleSchema.safeParse(value);
    return success ? [data] : broken(error.issues[0]!.message);
  });
}

function refuse({ source, line, why }: BrokenLine): never {
  throw new CheckpointError({
    wrong: `Line ${line} of ${source} is no example (${why}).`,
    expected: 'JSON with text, with prompt and completion, or with messages.',
    remedy: 'correct the line, or have broken lines left out.',
  });
}
