/** Calls on one session: they take effect in the order in which they are made, and none while another call is left open. */
import { DisposedError, require, SessionBusyError } from '@famjs/backends';

export interface Turns {
  /** Runs `work` after all that was called before. @throws SessionBusyError, DisposedError at once */
  take<Result>(call: string, work: () => Promise<Result>): Promise<Result>;
  /** Runs `work` of the call that is open. */
  within<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Opens a call that has the session until `close`. @throws SessionBusyError, DisposedError */
  open(call: string): void;
  close(): void;
  /** @throws SessionBusyError, DisposedError when `take` would */
  requireFree(call: string): void;
  /** Whether the session stands where all calls so far lead, as far as an open one has yielded. */
  readonly settled: boolean;
  /** @throws SessionBusyError unless settled */
  requireSettled(call: string): void;
  /** @throws DisposedError after `end` */
  requireLasting(call: string): void;
  /** Lets no further work begin, and calls `free` when none runs. */
  end(free: () => void): void;
  /** Aborted by `end`, with the error that the calls then throw. */
  readonly ended: AbortSignal;
}

export function turns(): Turns {
  const ending = new AbortController();
  let tail: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let opened: string | undefined;

  const requireLasting = (call: string) =>
    require(!ending.signal.aborted, DisposedError, () => ({
      wrong: `${call} was called after dispose().`,
      expected: 'a session that is still there.',
      remedy: 'dispose of a session when nothing more is asked of it, or open another one.',
    }));

  const requireFree = (call: string) => {
    requireLasting(call);
    require(opened === undefined, SessionBusyError, () => ({
      wrong: `${call} was called while ${opened} is open.`,
      expected: 'one call at a time: what is being written goes on from the state after its last text.',
      remedy: `finish the loop over ${opened}, break out of it, or go on in a fork().`,
    }));
  };

  const queue = <Result>(work: () => Promise<Result>): Promise<Result> => {
    waiting++;
    const run = tail
      .then(() => {
        ending.signal.throwIfAborted();
        return work();
      })
      .finally(() => {
        waiting--;
      });
    tail = run.catch(() => undefined);
    return run;
  };

  return {
    async take(call, work) {
      requireFree(call);
      return queue(work);
    },
    within: queue,
    open(call) {
      requireFree(call);
      opened = call;
    },
    close() {
      opened = undefined;
    },
    get settled() {
      return waiting === 0 || opened !== undefined;
    },
    requireFree,
    requireSettled: (call) =>
      require(waiting === 0 || opened !== undefined, SessionBusyError, () => ({
        wrong: `${call} was asked for while calls are under way.`,
        expected: 'a session whose calls have been awaited.',
        remedy: 'await read() and the other calls first.',
      })),
    requireLasting,
    end(free) {
      if (ending.signal.aborted) return;
      ending.abort(
        new DisposedError({
          wrong: 'dispose() was called before this call had ended.',
          expected: 'a session that stays until its calls have ended.',
          remedy: 'await the calls before dispose().',
        }),
      );
      if (waiting === 0) free();
      else void tail.then(free);
    },
    ended: ending.signal,
  };
}
