/** The log of a run: a line of JSON for each step, which forgets what a run that goes on does again. */
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { storageError, writeAtomic } from '@famjs/zoo/node';

export interface StepLog {
  /** Adds a line. */
  add(entry: { step: number } & Record<string, unknown>): Promise<void>;
  /** All that it has, from its first line on. */
  entries(): Promise<{ step: number }[]>;
  /** Forgets the steps behind this one. */
  cut(step: number): Promise<void>;
}

/** @throws StorageError, from what it returns, when the file cannot be written */
export function stepLog(file: string): StepLog {
  async function entries(): Promise<{ step: number }[]> {
    const text = await readFile(file, 'utf8').catch(() => '');
    // A line that a crash cut short is none.
    return text
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line));
  }
  return {
    add: (entry) =>
      appendFile(file, `${JSON.stringify(entry)}\n`).catch((cause) => {
        throw storageError(file, cause);
      }),
    entries,
    async cut(step) {
      const kept = (await entries()).filter((entry) => entry.step <= step);
      const text = kept.map((entry) => `${JSON.stringify(entry)}\n`).join('');
      await writeAtomic(path.dirname(file), { [path.basename(file)]: text });
    },
  };
}
