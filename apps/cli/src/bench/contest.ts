/** A contest: two ways to do the same work, timed in one run and in turns, so that a busy machine slows both alike. */
import { compare, type Tolerance } from '@famjs/backends/testing';
import * as tf from '@tensorflow/tfjs-core';
import { peakBytes } from './peak.ts';

export interface Contender {
  name: string;
  /** Goes before each run, and is not timed. */
  prepare?(): Promise<void>;
  /** Does the work once. Whoever calls it disposes of the results. */
  run(): tf.Tensor[] | Promise<tf.Tensor[]>;
  /** The results in an order and layout that both contenders share; as they are unless given. */
  comparable?(results: tf.Tensor[]): tf.Tensor[];
}

export interface Contest {
  ours: Contender;
  peer: Contender;
  /** How near the results must come to each other; undefined where they differ by intent. */
  tolerance?: Tolerance | undefined;
  /** Frees what the contenders work on. */
  dispose(): void;
}

/** A contest to be held, which takes no memory before. */
export interface Planned {
  /** What is computed, of which size. */
  subject: string;
  /** Which part of the work, such as `forward`. */
  pass: string;
  prepare(): Contest | Promise<Contest>;
}

/** Short work is repeated within a round until it takes long enough for a clock. */
const LEAST_MILLISECONDS = 20;
const MOST_REPEATS = 50;

/** Lower quartile, median and upper quartile. */
export type Quartiles = readonly [number, number, number];

interface Timed {
  name: string;
  milliseconds: Quartiles;
  /** The most bytes held at once, on top of what the work is given. */
  peakBytes: number;
}

export interface ContestResult {
  subject: string;
  pass: string;
  ours: Timed;
  peer: Timed;
  /** The peer's time over ours, round by round. */
  timesFaster: Quartiles;
}

/**
 * Holds a contest on the current backend: both contenders once to see that they agree, once for their memory, then in turns.
 *
 * @throws Error when the results of the two differ by more than the tolerance
 */
export async function hold({ subject, pass, prepare }: Planned, rounds: number): Promise<ContestResult> {
  const contest = await prepare();
  const { ours, peer } = contest;
  try {
    await requireAgreement(contest, `${subject}, ${pass}`);
    const peaks: number[] = [];
    for (const contender of [ours, peer]) {
      await contender.prepare?.();
      peaks.push(await peakBytes(() => finished(contender)));
    }
    const fastest = Math.min(await timed(ours), await timed(peer));
    const repeats = Math.min(MOST_REPEATS, Math.ceil(LEAST_MILLISECONDS / fastest));
    const times: [number, number][] = [];
    for (let round = 0; round < rounds; round++) {
      const before = round % 2 === 0 ? await timed(ours, repeats) : undefined;
      const theirs = await timed(peer, repeats);
      times.push([before ?? (await timed(ours, repeats)), theirs]);
    }
    const of = (contender: Contender, index: 0 | 1): Timed => ({
      name: contender.name,
      milliseconds: quartiles(times.map((pair) => pair[index])),
      peakBytes: peaks[index]!,
    });
    const timesFaster = quartiles(times.map(([a, b]) => b / a));
    return { subject, pass, ours: of(ours, 0), peer: of(peer, 1), timesFaster };
  } finally {
    contest.dispose();
  }
}

/** Quartiles by linear interpolation between the sorted numbers. */
export function quartiles(numbers: readonly number[]): Quartiles {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
    return below + (above - below) * (place - Math.floor(place));
  };
  return [at(0.25), at(0.5), at(0.75)];
}

/** Milliseconds of doing the work once. */
async function timed(contender: Contender, repeats = 1): Promise<number> {
  let sum = 0;
  for (let i = 0; i < repeats; i++) {
    await contender.prepare?.();
    const began = performance.now();
    await finished(contender);
    sum += performance.now() - began;
  }
  return sum / repeats;
}

/** Runs a contender until its last result can be read, of which one number is. */
async function finished({ run }: Contender): Promise<void> {
  const results = await run();
  const end = tf.tidy(() => tf.slice(tf.reshape(results.at(-1)!, [-1]), 0, 1));
  await end.data();
  tf.dispose([results, end]);
}

async function requireAgreement({ ours, peer, tolerance }: Contest, title: string): Promise<void> {
  const values: Float32Array[][] = [];
  for (const { prepare, run, comparable } of [ours, peer]) {
    await prepare?.();
    const results = await run();
    const copies = () => results.map((result) => tf.clone(result));
    const shared = tf.tidy(() => comparable?.(copies()) ?? copies());
    values.push((await Promise.all(shared.map((result) => result.data()))) as Float32Array[]);
    tf.dispose([results, shared]);
  }
  if (!tolerance) return;
  const [mine, theirs] = values as [Float32Array[], Float32Array[]];
  for (const [index, expected] of theirs.entries()) {
    const { share } = compare(mine[index]!, expected, tolerance);
    if (share <= 1) continue;
    throw new Error(
      `${title}: result ${index} of "${ours.name}" is ${share.toPrecision(3)} times further from "${peer.name}" than allowed`,
    );
  }
}
