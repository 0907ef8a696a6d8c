/**
 * Calls between two threads. What structured cloning cannot carry stays where it is and is spoken to by number: abort signals,
 * functions that are told something, and async iterables, of which each item is asked for when it is wanted.
 */
import { ConfigError } from '@famjs/backends/errors';
import { type PackedError, packError, unpackError } from './errors.ts';

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

type Message =
  | { type: 'call'; id: number; name: string; args: unknown[] }
  | { type: 'pull' | 'return'; id: number; ref: number }
  | { type: 'done'; id: number; value: unknown }
  | { type: 'failed'; id: number; error: unknown }
  | { type: 'tell'; ref: number; args: unknown[] }
  | { type: 'abort'; ref: number; reason: unknown }
  | { type: 'drop'; refs: number[] };

/** Something that stayed at its end, in a message. */
type Reference =
  | { '@famjs': 'signal'; ref: number; aborted: boolean; reason?: unknown }
  | {
      '@famjs': 'function' | 'stream' | 'home';
      ref: number;
    }
  | { '@famjs': 'error'; ref: number | undefined; error: PackedError };

/** What stayed here for the other end, the call as long as which it stays, and how it is let go. */
interface Kept {
  held: unknown;
  call: OwnCall | undefined;
  release: (() => void) | undefined;
}

/** A call from here, as long as which the other end may speak to what it was given. */
interface OwnCall {
  refs: number[];
}

/** Where something goes: out with a call, or home as its answer, with bytes that are handed over. */
interface Parcel {
  call?: OwnCall | undefined;
  transfer?: Transferable[];
}

/** @param methods what the other end may call here */
export function connect<M extends Methods>(port: Port, methods: Methods = {}): Remote<M> {
  let last = 0;
  let ended: { error: unknown } | undefined;
  const calls = new Map<
    number,
    { of: number | undefined; resolve(value: unknown): void; reject(error: unknown): void }
  >();
  const kept = new Map<number, Kept>();
  const controllers = new Map<number, AbortController>();
  /** Errors that came from the other end, by their number there: they go home as what they were. */
  const homes = new WeakMap<Error, number>();

  const post = (message: Message, transfer: Transferable[] = []) => port.post(message, transfer);

  const keep = (held: unknown, call: OwnCall | undefined, release?: () => void): number => {
    kept.set(++last, { held, call, release });
    call?.refs.push(last);
    return last;
  };

  const pack = (value: unknown, parcel: Parcel): unknown => {
    const { call, transfer } = parcel;
    if (typeof value === 'function') return { '@famjs': 'function', ref: keep(value, call) };
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof AbortSignal) return packSignal(value, call);
    if (value instanceof Error) {
      const home = homes.get(value);
      if (home !== undefined) return { '@famjs': 'home', ref: home };
      const ref = call && keep(value, call);
      return { '@famjs': 'error', ref, error: packError(value, (cause) => pack(cause, {})) };
    }
    if (Symbol.asyncIterator in value && !isHandle(value)) {
      const iterator = (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
      const ref = keep(iterator, call, () => void iterator.return?.().catch(() => {}));
      return { '@famjs': 'stream', ref };
    }
    if (Array.isArray(value)) return value.map((item) => pack(item, parcel));
    if (isPlain(value)) return mapEntries(value, (item) => pack(item, parcel));
    if (ArrayBuffer.isView(value) && value.byteLength === value.buffer.byteLength) {
      transfer?.push(value.buffer as ArrayBuffer);
    }
    return value;
  };

  const packSignal = (signal: AbortSignal, call: OwnCall | undefined): Reference => {
    const reason = () => pack(signal.reason, { call });
    const abort = () => post({ type: 'abort', ref, reason: reason() });
    const ref = keep(signal, call, () => signal.removeEventListener('abort', abort));
    if (signal.aborted) return { '@famjs': 'signal', ref, aborted: true, reason: reason() };
    signal.addEventListener('abort', abort, { once: true });
    return { '@famjs': 'signal', ref, aborted: false };
  };

  const unpack = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(unpack);
    if (!isPlain(value)) return value;
    return '@famjs' in value ? unpackReference(value as Reference) : mapEntries(value, unpack);
  };

  const unpackReference = (reference: Reference): unknown => {
    const { '@famjs': kind, ref } = reference;
    switch (kind) {
      case 'home':
        return kept.get(ref)?.held;
      case 'function':
        return (...args: unknown[]) => post({ type: 'tell', ref, args: args.map((arg) => pack(arg, {})) });
      case 'stream':
        return streamOf(ref);
      case 'error': {
        const error = unpackError(reference.error, unpack);
        if (ref !== undefined) homes.set(error, ref);
        return error;
      }
      case 'signal': {
        const controller = new AbortController();
        controllers.set(ref, controller);
        if (reference.aborted) controller.abort(unpack(reference.reason));
        return controller.signal;
      }
    }
  };

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

  const drop = (refs: readonly number[]) => {
    for (const ref of refs) {
      kept.get(ref)?.release?.();
      kept.delete(ref);
    }
  };

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
    drop(refs);
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
      if (done) kept.delete(ref);
    }
  };

  const iteratorAt = (ref: number) => kept.get(ref)?.held as AsyncIterator<unknown> | undefined;

  port.listen((received) => {
    const message = received as Message;
    switch (message.type) {
      case 'call': {
        const args = unpack(message.args) as unknown[];
        return void answer(message.id, () => methods[message.name]!(...args));
      }
      case 'pull':
        return void answer(message.id, () => pulled(message.ref), kept.get(message.ref)?.call);
      case 'return':
        return void answer(message.id, async () => {
          const iterator = iteratorAt(message.ref);
          kept.delete(message.ref);
          await iterator?.return?.();
        });
      case 'done':
        return settle(message.id)?.resolve(unpack(message.value));
      case 'failed':
        return settle(message.id)?.reject(unpack(message.error));
      case 'tell':
        return (kept.get(message.ref)?.held as ((...args: unknown[]) => void) | undefined)?.(
          ...(unpack(message.args) as unknown[]),
        );
      case 'abort':
        return controllers.get(message.ref)?.abort(unpack(message.reason));
      case 'drop':
        for (const ref of message.refs) controllers.delete(ref);
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
    drop([...kept.keys()]);
    for (const [id] of calls) settle(id)!.reject(error);
  };
  return { call, stream, end } as unknown as Remote<M>;
}

/** Folders of a page's file system list what is in them, and are cloned as they are. */
const isHandle = (value: object): boolean =>
  typeof FileSystemHandle === 'function' && value instanceof FileSystemHandle;

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const mapEntries = (object: object, map: (value: unknown) => unknown): object =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));

const uncloneable = (name: string, cause: DOMException) =>
  new ConfigError(
    {
      wrong: `${name}() got something that cannot go to a worker (${cause.message}).`,
      expected: 'text, tokens, files, and options of plain values.',
      remedy: 'await what is a promise, and pass plain values.',
    },
    { cause },
  );
