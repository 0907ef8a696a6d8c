/** Whoever can run a real model: FAM.js in this process, or a peer in a process of its own. */

export interface Contender {
  name: string;
  /** Seconds that loading took. */
  loaded: number;
  /** Reads tokens into an empty memory, then writes on, greedily and without end tokens. */
  run(tokens: readonly number[], write: number): Promise<Run>;
  /** The most memory that its process has held so far, in bytes. */
  peakBytes(): number;
  end(): void;
}

/** Seconds, up to the logits of the last token read, and for the tokens written after it. */
export interface Run {
  read: number;
  write: number;
}

/** What counts seconds: a clock on the wall, or the processor time of all threads of a contender's process. */
export const clocks = ['wall', 'cpu'] as const;
export type Clock = (typeof clocks)[number];

/** Seconds that work takes, in this process. */
export async function secondsOf(work: () => Promise<unknown>, clock: Clock): Promise<number> {
  const began = now[clock]();
  await work();
  return now[clock]() - began;
}

const now: Record<Clock, () => number> = {
  wall: () => performance.now() / 1000,
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
};
