/** A peer as a contender: it begins with `{ name, loaded }`, and answers `{ tokens, write }` with `{ read, write, peakBytes }`, all in seconds and bytes. */
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { peerProcess } from '../peer-process.ts';
import type { Contender } from './contender.ts';

const seconds = z.number().min(0);
const greeting = z.object({ name: z.string(), loaded: seconds });
const answer = z.object({ read: seconds, write: seconds, peakBytes: z.number().min(0) });

/** @throws BackendUnavailableError when the program ends, or says something else */
export async function peer(command: string, clock: Clock): Promise<Contender> {
  const { heard, asked, end } = peerProcess(command, clock);
  const { name, loaded } = await heard(greeting);
  let peak = 0;
  return {
    ...{ name, loaded },
    async run(tokens, write) {
      const { peakBytes, ...run } = await asked({ tokens, write }, answer);
      peak = peakBytes;
      return run;
    },
    peakBytes: () => peak,
    end,
  };
}
