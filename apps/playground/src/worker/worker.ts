/** The worker: starts a backend, runs jobs on it, and tells the page how they go. */
import { setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { failureOf } from './failure.ts';
import type { Job, JobContext } from './job.ts';
import { jobs } from './jobs.ts';
import type { JobName, Jobs, Order, Report } from './protocol.ts';

const page = globalThis as unknown as Pick<MessagePort, 'postMessage'> & EventTarget;
const report = (message: Report, transfer: Transferable[] = []) => page.postMessage(message, transfer);

interface Running {
  run: number;
  stop: AbortController;
  tell(command: Jobs[JobName]['command']): void;
}

let running: Running | undefined;
let lastRun: Promise<void> = Promise.resolve();

page.addEventListener('message', (event) => {
  const order = (event as MessageEvent<Order>).data;
  if (order.type === 'run') lastRun = lastRun.then(() => run(order));
  else if (running?.run !== order.run) return;
  else if (order.type === 'tell') running.tell(order.command);
  else running.stop.abort();
});

async function run({ run, job, backends, input, saved }: Extract<Order, { type: 'run' }>): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const inbox: Jobs[JobName]['command'][] = [];
  let wake = () => {};
  running = {
    ...{ run, stop },
    tell(command) {
      inbox.push(command);
      wake();
    },
  };
  const context: JobContext<JobName> = {
    ...{ input, saved, signal },
    commands: () => inbox.splice(0),
    async nextCommand() {
      await new Promise<void>((resolve) => {
        wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
        if (inbox.length > 0) resolve();
      });
      signal.throwIfAborted();
      return inbox.shift()!;
    },
    stage: (stage) => report({ type: 'stage', run, stage }),
    save: (saved) => report({ type: 'saved', run, saved }),
  };
  try {
    context.stage({ name: 'checking' });
    await setBackend(backends);
    const before = tf.memory().numTensors;
    const work = (await jobs[job]()) as Job<JobName>;
    try {
      for await (const event of work(context)) {
        report({ type: 'event', run, event });
        await messagesHeard();
        signal.throwIfAborted();
      }
    } finally {
      const left = tf.memory().numTensors - before;
      if (left !== 0) console.error(`The job ${job} left ${left} tensors behind.`);
    }
    report({ type: 'done', run });
  } catch (error) {
    if (signal.aborted) report({ type: 'done', run });
    else report({ type: 'failed', run, failure: failureOf(error) });
  } finally {
    running = undefined;
  }
}

/** Lets messages in: what a backend computes on the processor never leaves the queue of promises. */
const messagesHeard = () => new Promise((resolve) => setTimeout(resolve, 0));
