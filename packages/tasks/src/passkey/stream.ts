/** One stream of the PassKey test: keys whose heads are equally long, read side by side. */
import { receptiveBlocks } from '@famjs/layer';
import { type Model, startSession } from '@famjs/zoo';
import { KEY_DIGITS, type PassKeyText } from './text.ts';

export interface PassKeyStream {
  keys: readonly string[];
  readHead(signal?: AbortSignal): Promise<void>;
  /**
   * Leaves out what cannot matter: a model without FAM sees L · m blocks back and no further, so that before a question
   * after `filler` tokens it starts anew at the first block that it can still see. Its answers are the same, to the bit.
   */
  skipTowards(filler: number): void;
  /** Reads filler up to its token `to`, unless it was left out. */
  readFiller(to: number, signal?: AbortSignal): Promise<void>;
  /** Asks a fork for the key; the stream itself goes on unasked. Returns what each row answers, in digits. */
  ask(signal?: AbortSignal): Promise<string[]>;
  dispose(): void;
}

export function openStream(model: Model, text: PassKeyText, keys: readonly string[]): PassKeyStream {
  const heads = keys.map(text.head);
  const headLength = heads[0]!.length;
  const { blockSize } = model.config.layer;
  const reach = receptiveBlocks(model.config.layer, model.config.layers);
  const start = () => startSession(model, { rows: keys.length });
  let session = start();
  let done = 0;

  return {
    keys,
    readHead: (signal) => session.read(heads, signal),
    skipTowards(filler) {
      const firstSeen = (Math.floor((headLength + filler) / blockSize) - reach) * blockSize - headLength;
      if (firstSeen <= done) return;
      session.dispose();
      session = start();
      done = firstSeen;
    },
    async readFiller(to, signal) {
      if (to <= done) return;
      const tokens = text.filler(done, to);
      await session.read(Array(keys.length).fill(tokens), signal);
      done = to;
    },
    async ask(signal) {
      const fork = session.fork();
      try {
        await fork.read(Array(keys.length).fill(text.question), signal);
        const answers: number[][] = keys.map(() => []);
        for await (const tokens of fork.next({ limit: KEY_DIGITS, ...(signal && { signal }) })) {
          tokens.forEach((token, row) => answers[row]!.push(token));
          if (answers.every((answer) => text.digits(answer).length >= KEY_DIGITS)) break;
        }
        return answers.map((answer) => text.digits(answer).slice(0, KEY_DIGITS));
      } finally {
        fork.dispose();
      }
    },
    dispose: () => session.dispose(),
  };
}
