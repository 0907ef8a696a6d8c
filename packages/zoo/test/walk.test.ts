/** Random walks of calls on sessions, held against the plain list of tokens that each should have read. */
import { setBackend } from '@famjs/backends';
import { expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { test } from 'vitest';
import type { Session } from '../src/index.ts';
import { smallLanguageModel, smallTokenizer, someTokens } from './small-model.ts';

await setBackend('wasm');

const model = smallLanguageModel();

/** What should be true: the tokens of every session. */
interface Lists {
  tokens: number[][];
}
/** What is. */
interface Sessions {
  open: Session[];
}

/** A call on one of the sessions, `pick` modulo their number. */
abstract class Call implements fc.AsyncCommand<Lists, Sessions> {
  constructor(
    readonly pick: number,
    readonly size: number,
  ) {}
  check(_: Readonly<Lists>): boolean {
    return true;
  }
  async run(lists: Lists, sessions: Sessions): Promise<void> {
    const at = this.pick % sessions.open.length;
    await this.call(lists.tokens[at]!, sessions.open[at]!, at, lists, sessions);
  }
  abstract call(
    list: number[],
    session: Session,
    at: number,
    lists: Lists,
    sessions: Sessions,
  ): Promise<void>;
  toString(): string {
    return `${this.constructor.name}(${this.pick}, ${this.size})`;
  }
}

class Read extends Call {
  async call(list: number[], session: Session): Promise<void> {
    const tokens = someTokens(this.size, this.pick);
    await session.read(tokens);
    list.push(...tokens);
  }
}

class ReadText extends Call {
  async call(list: number[], session: Session): Promise<void> {
    const text = 'ab a€é\n'.repeat(this.size).slice(this.pick % 7, this.size + 1) || 'a';
    await session.read(text);
    list.push(...smallTokenizer.encode(text));
  }
}

class ReadTwiceAtOnce extends Call {
  async call(list: number[], session: Session): Promise<void> {
    const [first, second] = [someTokens(this.size, this.pick), someTokens(3, this.size)];
    await Promise.all([session.read(first), session.read(second)]);
    list.push(...first, ...second);
  }
}

class Score extends Call {
  async call(list: number[], session: Session): Promise<void> {
    const tokens = someTokens(this.size, this.pick);
    const { logProbabilities } = await session.score(tokens);
    if (logProbabilities.slice(list.length === 0 ? 1 : 0).some(Number.isNaN)) throw new Error('no number');
    list.push(...tokens);
  }
}

class Reset extends Call {
  async call(list: number[], session: Session): Promise<void> {
    await session.reset();
    list.length = 0;
  }
}

class Abort extends Call {
  async call(_: number[], session: Session): Promise<void> {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    await session.read(someTokens(this.size + 40), { signal: controller.signal, onProgress }).catch(() => {});
  }
}

class Fail extends Call {
  async call(_: number[], session: Session): Promise<void> {
    const broken = (async function* () {
      yield 'ab '.repeat(100);
      throw new Error('broken');
    })();
    await session.read(broken).catch(() => {});
  }
}

class GenerateTokens extends Call {
  override check = (lists: Readonly<Lists>) => lists.tokens.every((tokens) => tokens.length > 0);
  async call(list: number[], session: Session): Promise<void> {
    let left = this.pick % 6;
    for await (const [token] of session.generateTokens({ maxTokens: this.size, seed: this.pick })) {
      list.push(token!);
      if (left-- === 0) break;
    }
  }
}

class GenerateText extends Call {
  override check = (lists: Readonly<Lists>) => lists.tokens.every((tokens) => tokens.length > 0);
  async call(list: number[], session: Session): Promise<void> {
    const options = { maxTokens: this.size, seed: this.pick };
    const fork = session.fork();
    const chosen: number[] = [];
    for await (const [token] of fork.generateTokens(options)) chosen.push(token!);
    fork.dispose();
    let left = this.pick % 4;
    for await (const _ of session.generate(options)) if (left-- === 0) break;
    list.push(...chosen.slice(0, session.length - list.length));
  }
}

class Fork extends Call {
  async call(list: number[], session: Session, _: number, lists: Lists, sessions: Sessions): Promise<void> {
    if (sessions.open.length > 4) return;
    sessions.open.push(session.fork());
    lists.tokens.push([...list]);
  }
}

class SaveAndRestore extends Call {
  async call(_: number[], session: Session, at: number, __: Lists, sessions: Sessions): Promise<void> {
    const bytes = await session.save();
    session.dispose();
    sessions.open[at] = await model.restore(bytes);
  }
}

class Dispose extends Call {
  override check = (lists: Readonly<Lists>) => lists.tokens.length > 1;
  async call(_: number[], session: Session, at: number, lists: Lists, sessions: Sessions): Promise<void> {
    session.dispose();
    sessions.open.splice(at, 1);
    lists.tokens.splice(at, 1);
  }
}

const calls = [
  ...[Read, ReadText, ReadTwiceAtOnce, Score, Reset, Abort, Fail, GenerateTokens, GenerateText],
  ...[Fork, SaveAndRestore, Dispose],
].map((Kind) =>
  fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 30 })).map(([pick, size]) => new Kind(pick, size)),
);

/** Every session stands where its list of tokens leads. */
async function expectAsListed({ tokens }: Lists, { open }: Sessions): Promise<void> {
  for (const [at, session] of open.entries()) {
    const straight = model.session();
    const logits = await session.logits();
    if (tokens[at]!.length === 0 || session.length !== tokens[at]!.length) {
      if (session.length !== tokens[at]!.length || logits)
        throw new Error(`it has read ${session.length} tokens`);
    } else {
      await straight.read(tokens[at]!);
      const [expected] = (await straight.logits())!;
      await expectClose([...logits![0]!], [...expected!], { relative: 1e-5, absolute: 1e-5 }, 'logits');
    }
    straight.dispose();
  }
}

test('sessions have read what their calls say, in any walk', { timeout: 600_000 }, async () => {
  model.session().dispose();
  const { numTensors } = tf.memory();
  await fc.assert(
    fc.asyncProperty(fc.commands(calls, { maxCommands: 14, size: 'max' }), async (commands) => {
      const lists: Lists = { tokens: [[]] };
      const sessions: Sessions = { open: [model.session()] };
      await fc.asyncModelRun(() => ({ model: lists, real: sessions }), commands);
      await expectAsListed(lists, sessions);
      for (const session of sessions.open) session.dispose();
      if (tf.memory().numTensors !== numTensors) throw new Error('tensors are left');
    }),
    { numRuns: 20 },
  );
});
