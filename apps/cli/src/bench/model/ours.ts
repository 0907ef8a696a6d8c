/** FAM.js as a contender: a session of a loaded model. */
import type { LanguageModel, Session } from '@famjs/zoo';
import { type Clock, secondsOf } from '../clock.ts';
import type { Contender } from './contender.ts';

export function ours(model: LanguageModel, backend: string, loaded: number, clock: Clock): Contender {
  return {
    name: `FAM.js on ${backend}`,
    loaded,
    async run(tokens, write) {
      using session = model.session();
      const read = await secondsOf(async () => {
        await session.read([...tokens]);
        await session.logits();
      }, clock);
      return { read, write: await secondsOf(() => written(session, write), clock) };
    },
    peakBytes: () => process.resourceUsage().maxRSS * 1024,
    end: () => model.dispose(),
  };
}

/** Writes tokens, whatever they say. */
export async function written(session: Session, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const [logits] = (await session.logits())!;
    let best = 0;
    for (let token = 1; token < logits!.length; token++) if (logits![token]! > logits![best]!) best = token;
    await session.read([best]);
  }
}
