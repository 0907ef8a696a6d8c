/** A peer: a program of its own that is asked line by line, in JSON, on its standard input, and told which clock to go by. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BackendUnavailableError } from '@famjs/backends';
import type * as z from 'zod';
import type { Clock } from './clock.ts';

export interface PeerProcess {
  /** Its next line. */
  heard<Content>(schema: z.ZodType<Content>): Promise<Content>;
  /** Its answer to a line. */
  asked<Content>(line: object, schema: z.ZodType<Content>): Promise<Content>;
  end(): void;
}

/** Starts a peer; what it says is awaited with BackendUnavailableError where it ends, or says something else. */
export function peerProcess(command: string, clock: Clock): PeerProcess {
  const child = spawn(`${command} --clock ${clock}`, { shell: true, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  async function heard<Content>(schema: z.ZodType<Content>): Promise<Content> {
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
  }
  return {
    heard,
    asked(line, schema) {
      child.stdin.write(`${JSON.stringify(line)}\n`);
      return heard(schema);
    },
    end: () => child.stdin.end(),
  };
}
