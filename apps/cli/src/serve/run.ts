/** famjs serve: a server from its start until a signal ends it. */
import { WorkerLostError } from '@famjs/backends/errors';
import { loadModel } from '@famjs/zoo/worker';
import pc from 'picocolors';
import type { ModelOptionValues } from '../model-options.ts';
import { loading } from '../open-model.ts';
import { modelPlace } from '../passkey/model-folder.ts';
import { requireForNode } from '../start-backend.ts';
import { report } from '../terminal/failure.ts';
import { interruptible } from '../terminal/interrupt.ts';
import { isLoopback } from './access.ts';
import { serve } from './server.ts';

export interface ServeOptions extends ModelOptionValues {
  host: string;
  port: number;
  apiKey?: string;
  cors?: string[];
  sessions?: string;
  openSessions: number;
  idle: number;
  queue: number;
  maxTokens: number;
  maxBody: number;
}

/** Seconds that a reply has to come to its end after the signal to stop. */
const grace = 10;

const say = (line: string) => void process.stderr.write(`${line}\n`);

/** Serves until SIGINT, SIGTERM or SIGHUP; the second of them ends it at once. */
export async function runServer(place: string, options: ServeOptions): Promise<void> {
  requireForNode(options.backend);
  const { host, port, sessions: folder, openSessions: most, idle, queue, maxTokens, maxBody } = options;
  const key = options.apiKey ?? (process.env.FAMJS_API_KEY || undefined);
  // In a worker, so that requests are taken, counted and left while the model computes.
  const model = await interruptible(
    () => 'The model was not loaded.',
    (signal) =>
      loading(options, signal, (load) =>
        loadModel(modelPlace(place), { ...load, backend: options.backend as 'auto' }),
      ),
  );
  const stopping = stopOf();
  const server = await serve(model, {
    ...{ host, port, key, origins: options.cors ?? [], queue },
    ...{ folder, most, idle: idle * 60, mostTokens: maxTokens, mostBytes: maxBody * 1e6 },
    log: (line) => say(pc.dim(line)),
    warn(error) {
      report(error);
      // All that there was to save went with it.
      if (error instanceof WorkerLostError) stopping.stop(1);
    },
  });
  if (key === undefined && !isLoopback(host)) {
    say(pc.yellow(`Everybody who reaches ${host} may use this server: FAMJS_API_KEY sets a key.`));
  }
  if (model.untrained) say(pc.yellow('Its FAM was never trained: what it remembers by it is of no use yet.'));
  say(`${pc.bold(model.name)} on ${model.backend.name} listens; Ctrl-C stops it.`);
  process.stdout.write(`${server.url}\n`);
  process.exitCode = await stopping.stopped;
  say('Stopping: what is being said has ten seconds to come to its end.');
  await server.close(grace);
  await model[Symbol.asyncDispose]();
}

/** The end of the server, with an exit status: the first signal that asks for it, or `stop`. The next signal ends the process. */
function stopOf() {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let stop!: (status: number) => void;
  const stopped = new Promise<number>((resolve) => {
    stop = resolve;
  });
  const onSignal = () => {
    for (const name of signals) process.off(name, onSignal);
    stop(0);
  };
  for (const name of signals) process.on(name, onSignal);
  return { stopped, stop };
}
