/** Whether writing stays as fast and the memory as large, however much was read: two saved states of one book, in turns. */
import { stateTensors } from '@famjs/layer';
import type { LanguageModel, Session } from '@famjs/zoo';
import { type Clock, secondsOf } from '../clock.ts';
import { written } from './ours.ts';

export interface Flatness {
  /** Of the nearer state, then of the farther one. */
  states: { tokens: number; savedBytes: number; stateBytes: number; milliseconds: number[] }[];
  /** Time per token after the farther one over that after the nearer one, round by round. */
  ratios: number[];
}

export interface FlatnessOptions {
  rounds: number;
  /** Tokens that are written in a round. */
  write: number;
  clock: Clock;
  onRead(tokens: number): void;
}

/**
 * Reads a book, keeps its state at two places as saved bytes, and writes on from both in turns.
 *
 * @param places how many tokens have been read at either
 */
export async function flatness(
  model: LanguageModel,
  book: readonly number[],
  places: readonly [number, number],
  { rounds, write, clock, onRead }: FlatnessOptions,
): Promise<Flatness> {
  const saved: Uint8Array[] = [];
  using reader = model.session();
  for (const place of places) {
    const before = reader.length;
    await reader.read(book.slice(before, place), { onProgress: ({ tokens }) => onRead(before + tokens) });
    saved.push(await reader.save());
  }
  const times: number[][] = [[], []];
  const stateBytes = [0, 0];
  for (let round = 0; round < rounds; round++) {
    for (const at of round % 2 === 0 ? [0, 1] : [1, 0]) {
      using session = await model.restore(saved[at]!);
      await written(session, 1); // The first token copies what was restored.
      times[at]!.push((1000 * (await secondsOf(() => written(session, write), clock))) / write);
      stateBytes[at] = bytesOf(session);
    }
  }
  return {
    states: places.map((tokens, at) => ({
      ...{ tokens, savedBytes: saved[at]!.byteLength, stateBytes: stateBytes[at]! },
      milliseconds: times[at]!,
    })),
    ratios: times[1]!.map((time, round) => time / times[0]![round]!),
  };
}

/** What the tensors of a session's working memory hold. */
const bytesOf = ({ state }: Session) =>
  Object.values(stateTensors(state)).reduce((sum, { size }) => sum + 4 * size, 0);
