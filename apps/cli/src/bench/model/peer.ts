/**
 * A peer as a contender: a program of its own that is asked line by line, in JSON, and told which clock to go by. It begins with
 * `{ name, loaded }`, and answers `{ tokens, write }` with `{ read, write, peakBytes }`, all in seconds and bytes.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BackendUnavailableError } from '@famjs/backends';
import * as z from 'zod';
import type { Clock, Contender } from './contender.ts';

const seconds = z.number().min(0);
const greeting = z.object({ name: z.string(), loaded: seconds });
const answer = z.object({ read: seconds, write: seconds, peakBytes: z.number().min(0) });

/** @throws BackendUnavailableError when the program ends, or says something else */
export async function peer(command: string, clock: Clock): Promise<Contender> {
  const child = spawn(`${command} --clock ${clock}`, { shell: true, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const heard = async <Content>(schema: z.ZodType<Content>): Promise<Content> => {
    const { value = '' } = await lines.next();
    try {
      return schema.parse(JSON.parse(value));
    } catch (cause) {
      const complaint = {
        wrong: `The peer "${command}" ${value ? `said ${JSON.stringify(value.slice(0, 200))}` : 'ended'}.`,
        expected: 'a line of JSON as tooling/peers/README.md describes.',
        remedy: 'run the command by itself; what it needs may not be installed.',
      };
      throw new BackendUnavailableError(complaint, { cause });
    }
  };
  const { name, loaded } = await heard(greeting);
  let peak = 0;
  return {
    ...{ name, loaded },
    async run(tokens, write) {
      child.stdin.write(`${JSON.stringify({ tokens, write })}\n`);
      const { peakBytes, ...run } = await heard(answer);
      peak = peakBytes;
      return run;
    },
    peakBytes: () => peak,
    end: () => child.stdin.end(),
  };
}
