/** Calls between two threads, and the streams that they answer with. */
import { ConfigError } from '@famjs/backends/errors';
import { keeper, type OwnCall } from './kept.ts';
import type { Message } from './messages.ts';
import { packer } from './packing.ts';

/** One end of a line to another thread. */
export interface Port {
  post(message: unknown, transfer: Transferable[]): void;
  /** Whose listener hears all messages. */
  listen(listener: (message: unknown) => void): void;
  /** Is told whether an answer is waited for. */
  waiting?(waits: boolean): void;
}

/** What the other end may call, by name. */
// biome-ignore lint/suspicious/noExplicitAny: any function, whatever it takes
export type Methods = Record<string, (...args: any[]) => unknown>;

type Answer<M extends Methods, Name extends keyof M> = Awaited<ReturnType<M[Name]>>;
/** A stream as the end that asks for it has it. */
type Stream<Of> =
  Of extends AsyncGenerator<infer Item, infer Result, undefined>
    ? AsyncGenerator<Item, Result, undefined>
    : never;

/** The other end. */
export interface Remote<M extends Methods> {
  call<Name extends keyof M & string>(name: Name, ...args: Parameters<M[Name]>): Promise<Answer<M, Name>>;
  /** The items of the stream that a call gives, and what it returns. Leaving early ends it at the other end, before the loop is left. */
  stream<Name extends keyof M & string>(name: Name, ...args: Parameters<M[Name]>): Stream<Answer<M, Name>>;
  /** Fails all calls in flight and to come; the first error counts. */
  end(error: unknown): void;
}

/** @param methods what the other end may call here */
export function connect<M extends Methods>(port: Port, methods: Methods = {}): Remote<M> {
  let last = 0;
  let ended: { error: unknown } | undefined;
  const calls = new Map<
    number,
    { of: number | undefined; resolve(value: unknown): void; reject(error: unknown): void }
  >();
  const kept = keeper();

  const post = (message: Message, transfer: Transferable[] = []) => port.post(message, transfer);

  /** What comes back for a message that asks for an answer. */
  const answerTo = (message: Extract<Message, { id: number }>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended.error);
      post(message);
      calls.set(message.id, { of: 'ref' in message ? message.ref : undefined, resolve, reject });
      port.waiting?.(true);
    });

  const settle = (
    id: number,
  ): { resolve(value: unknown): void; reject(error: unknown): void } | undefined => {
    const call = calls.get(id);
    calls.delete(id);
    if (calls.size === 0) port.waiting?.(false);
    return call;
  };

  const streamOf = (ref: number): AsyncIterableIterator<unknown> => ({
    next: () => answerTo({ type: 'pull', id: ++last, ref }) as Promise<IteratorResult<unknown>>,
    async return() {
      await answerTo({ type: 'return', id: ++last, ref });
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  });

  const { pack, unpack, abort, forget } = packer(kept, post, streamOf);

  const request = async (name: string, args: unknown[], call: OwnCall): Promise<unknown> => {
    try {
      return await answerTo({ type: 'call', id: ++last, name, args: args.map((arg) => pack(arg, { call })) });
    } catch (error) {
      throw error instanceof DOMException && error.name === 'DataCloneError'
        ? uncloneable(name, error)
        : error;
    }
  };

  /** Lets go of what lasted as long as a call, here and there. */
  const close = ({ refs }: OwnCall) => {
    kept.drop(refs);
    if (refs.length > 0 && !ended) post({ type: 'drop', refs });
  };

  /** Answers a message by what `work` gives. */
  const answer = async (id: number, work: () => unknown, call?: OwnCall) => {
    try {
      const transfer: Transferable[] = [];
      const value = pack(await work(), { transfer });
      post({ type: 'done', id, value }, transfer);
    } catch (error) {
      post({ type: 'failed', id, error: pack(error, { call }) });
    }
  };

  /** The next item of a stream that lies here; it is forgotten where it ends. */
  const pulled = async (ref: number): Promise<IteratorResult<unknown>> => {
    let done: boolean | undefined = true;
    try {
      const result = (await iteratorAt(ref)?.next()) ?? { done, value: undefined };
      done = result.done;
      return result;
    } finally {
      if (done) kept.forget(ref);
    }
  };

  const iteratorAt = (ref: number) => kept.at(ref) as AsyncIterator<unknown> | undefined;

  port.listen((received) => {
    const message = received as Message;
    switch (message.type) {
      case 'call': {
        const args = unpack(message.args) as unknown[];
        return void answer(message.id, () => methods[message.name]!(...args));
      }
      case 'pull':
        return void answer(message.id, () => pulled(message.ref), kept.callOf(message.ref));
      case 'return':
        return void answer(message.id, async () => {
          const iterator = iteratorAt(message.ref);
          kept.forget(message.ref);
          await iterator?.return?.();
        });
      case 'done':
        return settle(message.id)?.resolve(unpack(message.value));
      case 'failed':
        return settle(message.id)?.reject(unpack(message.error));
      case 'tell':
        return (kept.at(message.ref) as ((...args: unknown[]) => void) | undefined)?.(
          ...(unpack(message.args) as unknown[]),
        );
      case 'abort':
        return abort(message.ref, message.reason);
      case 'drop':
        forget(message.refs);
        for (const [id, { of }] of calls) {
          if (of !== undefined && message.refs.includes(of)) settle(id)!.resolve({ done: true });
        }
        return;
    }
  });

  const call = async (name: string, ...args: unknown[]): Promise<unknown> => {
    const own: OwnCall = { refs: [] };
    try {
      return await request(name, args, own);
    } finally {
      close(own);
    }
  };
  async function* stream(name: string, ...args: unknown[]): AsyncGenerator<unknown, unknown, undefined> {
    const own: OwnCall = { refs: [] };
    try {
      return yield* (await request(name, args, own)) as AsyncGenerator<unknown, unknown, undefined>;
    } finally {
      close(own);
    }
  }
  const end = (error: unknown) => {
    if (ended) return;
    ended = { error };
    kept.dropAll();
    for (const [id] of calls) settle(id)!.reject(error);
  };
  return { call, stream, end } as unknown as Remote<M>;
}

const uncloneable = (name: string, cause: DOMException) =>
  new ConfigError(
    {
      wrong: `${name}() got something that cannot go to a worker (${cause.message}).`,
      expected: 'text, tokens, files, and options of plain values.',
      remedy: 'await what is a promise, and pass plain values.',
    },
    { cause },
  );
