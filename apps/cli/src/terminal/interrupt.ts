/** Ctrl-C, `kill` and a terminal that closes: the first asks the work to stop where nothing is lost, the second ends the process at once. */

/** The exit status of each signal that stops the work: 128 and its number. */
const statuses = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof statuses;
const signals = Object.keys(statuses) as StopSignal[];

/** The work stopped as asked; the message says what is kept and how to go on. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly status: number;

  constructor(message: string, signal: StopSignal) {
    super(message);
    this.status = statuses[signal];
  }
}

/**
 * Does work that Ctrl-C, a service manager, or the end of a terminal can stop.
 *
 * @param note what to tell then
 * @throws Interrupted when the work ended with the reason of its signal
 */
export async function interruptible<Result>(
  note: () => string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  let received: StopSignal | undefined;
  const stop = (name: StopSignal) => {
    received ??= name;
    controller.abort();
  };
  for (const name of signals) process.once(name, stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (received && error === controller.signal.reason) throw new Interrupted(note(), received);
    throw error;
  } finally {
    for (const name of signals) process.off(name, stop);
  }
}

/** Cleans up and ends the process when a signal comes. @returns takes that back */
export function onSignal(cleanUp: () => void): () => void {
  const end = (name: StopSignal) => {
    cleanUp();
    process.exit(statuses[name]);
  };
  for (const name of signals) process.once(name, end);
  return () => {
    for (const name of signals) process.off(name, end);
  };
}
