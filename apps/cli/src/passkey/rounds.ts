/** The PassKey test of several models in rounds: each column is finished for all models before the next is begun. */
import { evaluatePassKey, type PassKeyEvent, type PassKeyOptions } from '@famjs/tasks';
import type { Contestant } from './contestant.ts';

export type RoundEvent = PassKeyEvent & { contestant: Contestant };

/** The events of all models. Each model's stream is held open between its columns, so that nothing is read twice. */
export async function* inRounds(
  contestants: readonly Contestant[],
  options: Omit<PassKeyOptions, 'filler'>,
): AsyncGenerator<RoundEvent> {
  const streams = contestants.map((contestant) => {
    const { model, filler } = contestant;
    return { contestant, events: evaluatePassKey(model, model.tokenizer, { ...options, filler }) };
  });
  try {
    for (const _ of options.fillers) {
      for (const { contestant, events } of streams) {
        for (;;) {
          const { value: event, done } = await events.next();
          if (done) break;
          yield { ...event, contestant };
          if (event.type === 'scored') break;
        }
      }
    }
  } finally {
    for (const { events } of streams) await events.return(undefined);
  }
}
