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
