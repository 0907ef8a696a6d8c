/** The conversation of famjs chat: lines in, answers out, until the lines end or somebody leaves. */
import { createInterface, type Interface } from 'node:readline';
import { FamError } from '@famjs/backends/errors';
import type { ChatOptions, Session } from '@famjs/zoo';
import pc from 'picocolors';
import type { ModelOptionValues } from '../model-options.ts';
import { openModel } from '../open-model.ts';
import { type SamplingOptionValues, samplingOf } from '../sampling-options.ts';
import { report } from '../terminal/failure.ts';
import { Interrupted, interruptible } from '../terminal/interrupt.ts';
import { type Conversation, chatCommands, say, whereIs } from './commands.ts';

export interface RunOptions extends ModelOptionValues, SamplingOptionValues {
  maxTokens?: number;
  system?: string;
}

/** @throws Interrupted when Ctrl-C came while nothing ran */
export async function runChat(place: string, options: RunOptions): Promise<void> {
  const { model } = await interruptible(
    () => 'The model was not loaded.',
    (signal) => openModel(place, options, signal),
  );
  const talk: Conversation = { model, session: model.session(), forks: [] };
  const settings = { ...samplingOf(options), ...(options.maxTokens && { maxTokens: options.maxTokens }) };
  say(`${pc.bold(model.name)} listens. /help says what else you can do.`);
  if (model.untrained) say(pc.yellow('Its FAM was never trained: what it remembers by it is of no use yet.'));

  const lines = openLines();
  const work = stoppable(lines, () => whereIs(talk.session));
  for await (const line of lines.prompted()) {
    if (!line.trim()) continue;
    const [name, ...rest] = line.trim().split(/\s+/);
    if (name === '/quit') break;
    try {
      await work.run((signal) => {
        if (name?.startsWith('/')) return chatCommands(name, rest.join(' '), talk, signal);
        return answer(talk.session, line, options.system, { ...settings, signal });
      });
    } catch (error) {
      if (!(error instanceof FamError)) throw error;
      report(error);
    }
  }
  lines.close();
  work.end();
}

/** Says what the session answers, as it comes. What was said is the session's, also if the answer is stopped. */
async function answer(
  session: Session,
  content: string,
  system: string | undefined,
  settings: ChatOptions,
): Promise<void> {
  const told = system && session.messages.length === 0 ? [{ role: 'system', content: system }] : [];
  try {
    const texts = session.chat([...told, { role: 'user', content }], settings);
    for await (const text of texts) process.stdout.write(text);
  } finally {
    process.stdout.write('\n');
  }
}

/** Lines as they are typed, or as a file has them; in a terminal each is asked for. */
function openLines() {
  const terminal = Boolean(process.stdin.isTTY && process.stderr.isTTY);
  const input = createInterface({
    input: process.stdin,
    ...(terminal && { output: process.stderr, prompt: pc.cyan('> '), terminal }),
  });
  return {
    input,
    async *prompted(): AsyncGenerator<string> {
      const lines = input[Symbol.asyncIterator]();
      for (;;) {
        if (terminal) input.prompt();
        const { done, value } = await lines.next();
        if (done) return;
        yield value;
      }
    },
    close: () => input.close(),
  };
}

/**
 * Ctrl-C: stops what runs, and leaves when nothing does.
 *
 * @param where says where the session stands then
 */
function stoppable({ input }: { input: Interface }, where: () => string) {
  let running: AbortController | undefined;
  const stop = () => {
    if (running && !running.signal.aborted) {
      running.abort();
      return;
    }
    process.exit(report(new Interrupted('What was not saved is gone.', 'SIGINT')));
  };
  input.on('SIGINT', stop); // A terminal's Ctrl-C comes this way while lines are read.
  process.on('SIGINT', stop);
  return {
    async run(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
      running = new AbortController();
      const { signal } = running;
      try {
        await work(signal);
      } catch (error) {
        if (!signal.aborted || error !== signal.reason) throw error;
        say(pc.yellow(`Stopped. The session goes on from here: ${where()}.`));
      } finally {
        running = undefined;
      }
    },
    end: () => void process.off('SIGINT', stop),
  };
}
