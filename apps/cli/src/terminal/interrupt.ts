/** Ctrl-C and `kill`: the first asks the work to stop where nothing is lost, the second ends the process at once. */

/** The work stopped as asked; the message says what is kept and how to go on. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const signals = ['SIGINT', 'SIGTERM'] as const;

/**
 * Does work that Ctrl-C, or a service manager, can stop.
 *
 * @param note what to tell then
 * @throws Interrupted when the work ended with the reason of its signal
 */
export async function interruptible<Result>(
  note: () => string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  for (const name of signals) process.once(name, stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (controller.signal.aborted && error === controller.signal.reason) throw new Interrupted(note());
    throw error;
  } finally {
    for (const name of signals) process.off(name, stop);
  }
}
