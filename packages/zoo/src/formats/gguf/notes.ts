/** The notes of a GGUF file by key, each of the type that it must have. */
import { CheckpointError, require } from '@famjs/backends';
import type { GgufValue } from './bytes.ts';

/** What is found under a key, or undefined when there is nothing. */
export interface Notes {
  number(key: string): number | undefined;
  boolean(key: string): boolean | undefined;
  text(key: string): string | undefined;
  texts(key: string): readonly string[] | undefined;
  numbers(key: string): readonly number[] | undefined;
  /** @throws CheckpointError when there is nothing */
  needed<Value>(key: string, value: Value | undefined): Value;
}

/**
 * @param source what the errors call the file
 * @throws CheckpointError from every call that finds a value of another type
 */
export function notesOf(metadata: ReadonlyMap<string, GgufValue>, source: string): Notes {
  const find = <Value>(
    key: string,
    type: string,
    is: (value: unknown) => value is Value,
  ): Value | undefined => {
    const value = metadata.get(key);
    require(value === undefined || is(value), CheckpointError, () => ({
      wrong: `In ${source}, "${key}" is no ${type}.`,
      expected: `a ${type}, as llama.cpp writes it.`,
      remedy: 'fetch or convert the file again.',
    }));
    return value as Value | undefined;
  };
  const listOf = <Value>(key: string, type: string, is: (value: unknown) => value is Value) =>
    find(key, `list of ${type}s`, (value): value is Value[] => Array.isArray(value) && value.every(is));
  return {
    number: (key) => find(key, 'number', isNumber),
    boolean: (key) => find(key, 'boolean', (value) => typeof value === 'boolean'),
    text: (key) => find(key, 'string', isText),
    texts: (key) => listOf(key, 'string', isText),
    numbers: (key) => listOf(key, 'number', isNumber),
    needed(key, value) {
      require(value !== undefined, CheckpointError, () => ({
        wrong: `${source} has no "${key}".`,
        expected: 'the notes that llama.cpp needs too.',
        remedy: 'fetch or convert the file again.',
      }));
      return value as NonNullable<typeof value>;
    },
  };
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isText = (value: unknown): value is string => typeof value === 'string';
