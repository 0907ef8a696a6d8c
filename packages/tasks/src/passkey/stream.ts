/** One stream of the PassKey test: keys whose heads are equally long, read side by side. */
import { receptiveBlocks, stateTensors } from '@famjs/layer';
import { type LanguageModel, packTensors, type Tokenizer } from '@famjs/zoo';
import { type Filler, KEY_DIGITS, type PassKeyText } from './text.ts';

export interface PassKeyStream {
  keys: readonly string[];
  readHead(signal?: AbortSignal): Promise<void>;
  /**
   * Leaves out filler before token `filler` on which no number of the answer depends; what is left may be cut into other calls, and
   * differs by their rounding:
   *
   * - a model without FAM sees L · m blocks back and no further, and starts anew at the first block that it still sees;
   * - a state that was there before, at the same phase of the filler, comes again and again: full rounds are left out.
   */
  skipTowards(filler: number): void;
  /** Reads filler up to its token `to`, unless it was left out. */
  readFiller(to: number, signal?: AbortSignal): Promise<void>;
  /** Asks a fork for the key; the stream itself goes on unasked. Returns what each row answers, in digits. */
  ask(signal?: AbortSignal): Promise<string[]>;
  dispose(): void;
}

/** @param fillerOf the filler of a key; undefined for the paper's, which has a period */
export function openStream(
  model: LanguageModel<Tokenizer | undefined>,
  text: PassKeyText,
  keys: readonly string[],
  fillerOf: (key: string) => Filler | undefined,
): PassKeyStream {
  const heads = keys.map(text.head);
  const headLength = heads[0]!.length;
  const periodic: Filler = (from, to) => text.filler(from, to);
  const own = keys.map(fillerOf);
  const longestAnswer = Math.max(...keys.map((key) => text.answer(key).length));
  const { blockSize, famLength } = model.config.fam;
  const reach = receptiveBlocks(model.config.fam, model.config.layers);
  const start = () => model.session({ rows: keys.length });
  const seen = new Map<string, number>();
  let session = start();
  let done = 0;
  let round: number | undefined;

  /** Notes the state at a border of blocks, and how many tokens ago it was there before. */
  async function noteState(): Promise<void> {
    if (famLength === 0 || own.some(Boolean) || round !== undefined || session.state.filled > 0) return;
    const bytes = await packTensors(stateTensors(session.state));
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource));
    const state = `${done % text.period} ${digest}`;
    const before = seen.get(state);
    if (before !== undefined) round = done - before;
    seen.set(state, done);
  }

  return {
    keys,
    readHead: (signal) => session.read(heads, { signal }),
    skipTowards(filler) {
      if (round !== undefined) done += Math.floor((filler - done) / round) * round;
      const firstSeen = (Math.floor((headLength + filler) / blockSize) - reach) * blockSize - headLength;
      if (firstSeen <= done) return;
      session.dispose();
      session = start();
      done = firstSeen;
    },
    async readFiller(to, signal) {
      if (to <= done) return;
      const pieces = new Map<Filler, Int32Array>();
      const input = own.map((filler = periodic) => {
        if (!pieces.has(filler)) pieces.set(filler, filler(done, to));
        return pieces.get(filler)!;
      });
      await session.read(input, { signal });
      done = to;
      await noteState();
    },
    async ask(signal) {
      const fork = session.fork();
      try {
        await fork.read(Array(keys.length).fill(text.question), { signal });
        const answers: number[][] = keys.map(() => []);
        for await (const tokens of fork.generateTokens({ maxTokens: longestAnswer, signal })) {
          for (const [row, token] of tokens.entries()) answers[row]!.push(token);
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
