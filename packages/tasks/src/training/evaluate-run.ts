/** What a run has learnt so far: how likely it finds texts that it does not train on, and which pass keys it recalls. */
import type { TokenSource } from '@famjs/trainer';
import { type HeldModel, languageModel, type Tokenizer } from '@famjs/zoo';
import { evaluatePassKey } from '../passkey/evaluate.ts';
import type { RunFile } from './run-file.ts';

export interface Evaluated {
  /** Mean loss in nats of the texts' tokens; absent without texts. */
  loss?: number;
  /** The same by position in a text: a mean for every eighth of what is read, from the first to the last. */
  byPosition?: number[];
  /** Share of the keys that are recalled, by tokens of filler; absent where PassKey is not asked for. */
  keys?: Record<number, number>;
  /** What the best state of a run has the least of: the loss, or without texts the share of keys that is not recalled. */
  least: number;
}

const PARTS = 8;

/**
 * Each document is read from its beginning to `tokens` of it; keys and their filler are the same whenever the run is looked at, and none
 * of them is ever trained on.
 */
export async function evaluateRun(
  { tokens, passkey }: NonNullable<RunFile['evaluate']>,
  model: HeldModel,
  tokenizer: Tokenizer,
  texts: TokenSource,
  signal?: AbortSignal,
): Promise<Evaluated> {
  const found: Partial<Evaluated> = {};
  if (texts.documents > 0) Object.assign(found, await lossOf(model, texts, tokens, signal));
  if (passkey) {
    found.keys = {};
    const options = { ...passkey, seed: 0, ...(signal && { signal }) };
    for await (const event of evaluatePassKey(model, tokenizer, options)) {
      if (event.type === 'scored') found.keys[event.filler] = event.score.exact.share;
    }
  }
  const shares = Object.values(found.keys ?? {});
  const forgotten = 1 - shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return { ...found, least: found.loss ?? forgotten };
}

async function lossOf(model: HeldModel, texts: TokenSource, most: number, signal?: AbortSignal) {
  const sums = Array.from({ length: PARTS }, () => ({ loss: 0, count: 0 }));
  const shared = languageModel(model);
  try {
    for (let index = 0; index < texts.documents; index++) {
      const { tokens } = await texts.read(index, 0, Math.min(most, texts.lengthOf(index)));
      using session = shared.session();
      const { logProbabilities } = await session.score(tokens, { ...(signal && { signal }) });
      for (const [position, value] of logProbabilities.entries()) {
        if (Number.isNaN(value)) continue;
        const part = sums[Math.floor((position * PARTS) / most)]!;
        part.loss -= value;
        part.count++;
      }
    }
  } finally {
    shared.dispose();
  }
  const mean = (parts: typeof sums) =>
    parts.reduce((sum, { loss }) => sum + loss, 0) / parts.reduce((sum, { count }) => sum + count, 0);
  return { loss: mean(sums), byPosition: sums.filter(({ count }) => count > 0).map((part) => mean([part])) };
}
