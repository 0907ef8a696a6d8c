/** A model in a worker and its sessions, as the thread that has none of their tensors sees them. */
import type { BackendDescription } from '@famjs/backends';
import { DisposedError, require } from '@famjs/backends/errors';
import { withAsyncDispose } from '../disposal.ts';
import type { LanguageModel, Session } from '../language-model.ts';
import type {
  ChatOptions,
  GenerateOptions,
  ReaderOptions,
  SessionOptions,
  TokenOptions,
} from '../sessions/options.ts';
import type { ReadOptions } from '../sessions/reading.ts';
import type { ReadInput } from '../sessions/token-stream.ts';
import type { ChatMessage } from '../tokenizers/chat-template.ts';
import type { SpecialTokens } from '../tokenizers/tokenizer.ts';
import { disposedSession } from './disposed.ts';
import { guarded } from './guarded.ts';
import type { Host, SessionFacts, Told } from './host.ts';
import { mapped } from './mapped.ts';
import type { Remote } from './wire.ts';

type SameCalls =
  | 'read'
  | 'score'
  | 'logits'
  | 'generate'
  | 'chat'
  | 'generateTokens'
  | 'ask'
  | 'reset'
  | 'save';

/**
 * A session in a worker: the calls of `Session`, in the order in which they are made. Numbers and texts that they give are
 * handed over; what they are given is copied and stays the caller's.
 */
export interface WorkerSession
  extends Pick<Session, SameCalls | 'rows' | 'dispose'>,
    Disposable,
    AsyncDisposable {
  readonly model: WorkerModel;
  /** Tokens read, of every row, as of the last call that has ended or the last text that was yielded. */
  readonly length: number;
  /** Bytes of the working memory, as of then. */
  readonly stateBytes: number;
  /** All that was said in chat, as of then. */
  readonly messages: readonly ChatMessage[];
  fork(): WorkerSession;
}

type SameFacts = 'name' | 'config' | 'endTokens' | 'untrained' | 'fingerprint';

/** A model in a worker of its own. `dispose()`, `using` and `await using` end the worker. */
export interface WorkerModel extends Pick<LanguageModel, SameFacts>, Disposable, AsyncDisposable {
  /** What it runs on. */
  readonly backend: BackendDescription;
  /** Whether it comes with a template of chats. */
  readonly chats: boolean;
  /** A session before the first token. Options that do not fit fail its calls, with ConfigError. */
  session(options?: SessionOptions): WorkerSession;
  /** As `restore()` of a model in this thread; sessions go from one to the other. */
  restore(bytes: Uint8Array, options?: ReaderOptions): Promise<WorkerSession>;
  /** @throws TokenError as the tokenizer's, or when there is none */
  encode(text: string, options?: SpecialTokens): Promise<number[]>;
  /** @throws TokenError as the tokenizer's, or when there is none */
  decode(tokens: ArrayLike<number>, options?: SpecialTokens): Promise<string>;
  /** Tensors in the worker, and their bytes. */
  memory(): Promise<{ tensors: number; bytes: number }>;
  /** Ends the worker at once: calls in flight end with DisposedError. */
  dispose(): void;
}

/** @param end ends the worker, after which calls fail with DisposedError */
export function workerModel(
  remote: Remote<Host>,
  facts: Awaited<ReturnType<Host['loadModel']>>,
  end: () => Promise<void>,
): WorkerModel {
  let sessions = 0;
  const open = (
    rows: number,
    id: number,
    begun: Promise<Told<unknown>>,
    facts?: SessionFacts,
  ): WorkerSession => {
    const { session, hear } = workerSession(remote, model, rows, id, (from, there) => {
      const fork = ++sessions;
      return open(rows, fork, remote.call('fork', fork, from), there);
    });
    hear({ value: undefined, facts });
    // What fails here fails every call on the session.
    begun.then(hear, () => {});
    return session;
  };
  const model = withAsyncDispose<WorkerModel>(
    {
      ...facts,
      session(options: SessionOptions = {}) {
        const id = ++sessions;
        return open(options.rows ?? 1, id, remote.call('session', id, options));
      },
      async restore(bytes: Uint8Array, options: ReaderOptions = {}) {
        const id = ++sessions;
        const told = await remote.call('restore', id, bytes, options);
        return open(told.value, id, Promise.resolve(told));
      },
      encode: (text, options = {}) => remote.call('encode', text, options),
      decode: (tokens, options = {}) => remote.call('decode', tokens, options),
      fingerprint: () => remote.call('fingerprint'),
      memory: () => remote.call('memory'),
      dispose: () => void end(),
    },
    end,
  );
  return model;
}

function workerSession(
  remote: Remote<Host>,
  model: WorkerModel,
  rows: number,
  id: number,
  fork: (from: number, facts: SessionFacts) => WorkerSession,
): { session: WorkerSession; hear(told: Told<unknown>): void } {
  let now: Pick<SessionFacts, 'length' | 'stateBytes'> = { length: 0, stateBytes: 0 };
  let messages: readonly ChatMessage[] = [];
  let ended: Promise<void> | undefined;

  const lasting = () => require(!ended, DisposedError, disposedSession);
  const hear = <Value>({ value, facts }: Told<Value>): Value => {
    if (facts) {
      now = facts;
      messages = [...messages.slice(0, facts.said.from), ...facts.said.messages];
    }
    return value;
  };
  const heard = <Item, Result>(items: AsyncGenerator<Told<Item>, Result, undefined>) =>
    mapped(items, hear<Item>);
  const end = () => {
    ended ??= remote.call('dispose', id).catch(() => {});
    return ended;
  };

  const session = withAsyncDispose<WorkerSession>(
    {
      model,
      rows,
      get length() {
        lasting();
        return now.length;
      },
      get stateBytes() {
        lasting();
        return now.stateBytes;
      },
      get messages() {
        lasting();
        return messages;
      },
      read: async (input: ReadInput, options: ReadOptions = {}) =>
        hear(await remote.call('read', id, input, heeding(options))),
      score: async (input: ReadInput, options: ReadOptions = {}) =>
        hear(await remote.call('score', id, input, heeding(options))),
      logits: async () => hear(await remote.call('logits', id)),
      ask: async (prompt: ReadInput, options: GenerateOptions) =>
        hear(await remote.call('ask', id, prompt, options)),
      reset: async () => hear(await remote.call('reset', id)),
      save: async () => hear(await remote.call('save', id)),
      generate: (...args: [GenerateOptions] | [ReadInput | undefined, GenerateOptions]) =>
        heard(remote.stream('generate', id, ...(args as [ReadInput, GenerateOptions]))),
      chat: (said: readonly ChatMessage[], options: ChatOptions = {}) =>
        heard(remote.stream('chat', id, said, options)),
      generateTokens: (options: TokenOptions) => heard(remote.stream('generateTokens', id, options)),
      fork() {
        lasting();
        return fork(id, { ...now, said: { from: 0, messages } });
      },
      dispose: () => void end(),
    },
    end,
  );
  return { session, hear };
}

/** Options whose callback, when it throws, ends the call with what it threw. */
function heeding(options: ReadOptions): ReadOptions {
  const { onProgress, signal } = options;
  if (typeof onProgress !== 'function' || !(signal === undefined || signal instanceof AbortSignal))
    return options;
  const failing = new AbortController();
  return {
    ...options,
    signal: signal ? AbortSignal.any([signal, failing.signal]) : failing.signal,
    onProgress: guarded(onProgress, (error) => failing.abort(error)),
  };
}
