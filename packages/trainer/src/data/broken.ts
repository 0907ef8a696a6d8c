/** What is to be an example and is none: told by where it stands, and left out where that is wanted. */
import { CheckpointError } from '@famjs/backends';
import { type Example, exampleSchema } from './examples.ts';

/** A line or a row that is no example. */
export interface BrokenLine {
  source: string;
  /** Counted from 1. */
  line: number;
  why: string;
}

export type OnBroken = (line: BrokenLine) => void;

/** The example that a value is, or none once that was told. */
export function exampleIn(value: unknown, at: Omit<BrokenLine, 'why'>, onBroken: OnBroken): Example[] {
  const { success, data, error } = exampleSchema.safeParse(value);
  if (success) return [data];
  onBroken({ ...at, why: error.issues[0]!.message });
  return [];
}

/** @throws CheckpointError that says where */
export function refuseBroken({ source, line, why }: BrokenLine): never {
  throw new CheckpointError({
    wrong: `${source.endsWith('.parquet') ? 'Row' : 'Line'} ${line} of ${source} is no example (${why}).`,
    expected: 'text, prompt and completion, or messages.',
    remedy: 'correct it, or have what is broken left out.',
  });
}
