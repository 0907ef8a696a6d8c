/** What a worker does for its page or its main thread: one model, and sessions of it by number. */
import {
  type BackendName,
  type BackendOptions,
  DisposedError,
  describeBackend,
  require,
  SessionBusyError,
  setBackend,
  TokenError,
} from '@famjs/backends';
import { stateTensors } from '@famjs/layer';
import * as tf from '@tensorflow/tfjs-core';
import type { LanguageModel, Session } from '../language-model.ts';
import { loadModel } from '../load-model.ts';
import type { ModelOptions } from '../model-options.ts';
import type {
  ChatOptions,
  GenerateOptions,
  ReaderOptions,
  SessionOptions,
  TokenOptions,
} from '../sessions/options.ts';
import type { ReadOptions } from '../sessions/reading.ts';
import type { ReadInput } from '../sessions/token-stream.ts';
import type { ModelPlace } from '../sources/open-source.ts';
import type { ChatMessage } from '../tokenizers/chat-template.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import { disposedSession } from './disposed.ts';
import { mapped } from './mapped.ts';
import { connect, type Port } from './wire.ts';

/** What a session knows of itself, told with every answer. */
export interface SessionFacts {
  length: number;
  /** Bytes of its working memory. */
  stateBytes: number;
  /** What of the chat has changed: its messages from the one numbered `from` on. */
  said: { from: number; messages: readonly ChatMessage[] };
}

/** An answer, and where the session stands after it; undefined while more calls are under way. */
export interface Told<Value> {
  value: Value;
  facts: SessionFacts | undefined;
}

/** How a model is loaded in a worker: the signal ends the worker itself. */
interface HostOptions extends Omit<ModelOptions, 'signal'> {
  backend: BackendName | 'auto' | readonly BackendName[];
  backendOptions: BackendOptions;
  tokenizer?: false;
}

export type Host = ReturnType<typeof host>;

/** Serves the other end of `port`, which loads one model. */
export function serveModel(port: Port): void {
  connect(port, host());
}

function host() {
  let model: LanguageModel<Tokenizer | undefined>;
  /** Open sessions, or why one did not open. */
  const sessions = new Map<
    number,
    { session: Session; told: readonly ChatMessage[] } | { failure: unknown }
  >();

  const open = (id: number, begin: () => Session) => {
    try {
      sessions.set(id, { session: begin(), told: [] });
    } catch (failure) {
      sessions.set(id, { failure });
    }
    return told(id, undefined);
  };
  const at = (id: number) => {
    const entry = sessions.get(id);
    require(entry, DisposedError, disposedSession);
    if ('failure' in entry) throw entry.failure;
    return entry;
  };
  const told = <Value>(id: number, value: Value): Told<Value> => {
    const entry = at(id);
    const facts = factsOf(entry.session, entry.told);
    if (facts) entry.told = entry.session.messages;
    return { value, facts };
  };
  const after = async <Value>(id: number, work: (session: Session) => Promise<Value>): Promise<Told<Value>> =>
    told(id, await work(at(id).session));
  const items = <Item, Result>(
    id: number,
    begin: (session: Session) => AsyncGenerator<Item, Result, undefined>,
  ) => mapped(begin(at(id).session), (item) => told(id, item));
  const tokenizer = (): Tokenizer => {
    require(model.tokenizer, TokenError, () => ({
      wrong: `The model ${model.name} was loaded without a tokenizer.`,
      expected: 'a model with its tokenizer, for text.',
      remedy: 'load it without tokenizer: false.',
    }));
    return model.tokenizer;
  };

  return {
    async loadModel(from: ModelPlace, { backend, backendOptions, ...options }: HostOptions) {
      await setBackend(backend, backendOptions);
      model = await loadModel(from, options as HostOptions & { tokenizer: false });
      const { name, config, endTokens, untrained } = model;
      const chats = model.tokenizer?.chatTemplate !== undefined;
      return { name, config, endTokens, untrained, chats, backend: describeBackend() };
    },
    encode: (text: string, options: { specialTokens?: boolean }) => tokenizer().encode(text, options),
    decode: (tokens: ArrayLike<number>, options: { specialTokens?: boolean }) =>
      tokenizer().decode(tokens, options),
    fingerprint: () => model.fingerprint(),
    memory() {
      const { numTensors, numBytes } = tf.memory();
      return { tensors: numTensors, bytes: numBytes };
    },

    session: (id: number, options: SessionOptions) => open(id, () => model.session(options)),
    async restore(id: number, bytes: Uint8Array, options: ReaderOptions) {
      const session = await model.restore(bytes, options);
      return { ...open(id, () => session), value: session.rows };
    },
    fork: (id: number, from: number) => open(id, () => at(from).session.fork()),
    read: (id: number, input: ReadInput, options: ReadOptions) =>
      after(id, (session) => session.read(input, options)),
    score: (id: number, input: ReadInput, options: ReadOptions) =>
      after(id, (session) => session.score(input, options)),
    logits: (id: number) => after(id, (session) => session.logits()),
    ask: (id: number, prompt: ReadInput, options: GenerateOptions) =>
      after(id, (session) => session.ask(prompt, options)),
    reset: (id: number) => after(id, (session) => session.reset()),
    save: (id: number) => after(id, (session) => session.save()),
    generate: (id: number, ...args: [ReadInput | undefined, GenerateOptions]) =>
      items(id, (session) => session.generate(...args)),
    chat: (id: number, messages: readonly ChatMessage[], options: ChatOptions) =>
      items(id, (session) => session.chat(messages, options)),
    generateTokens: (id: number, options: TokenOptions) =>
      items(id, (session) => session.generateTokens(options)),
    dispose(id: number) {
      const entry = sessions.get(id);
      if (entry && 'session' in entry) entry.session.dispose();
      sessions.delete(id);
    },
  };
}

/** What can be said of a session now; undefined while calls are under way. */
function factsOf(session: Session, told: readonly ChatMessage[]): SessionFacts | undefined {
  try {
    const { length, messages, state } = session;
    const differs = messages.findIndex((message, i) => message !== told[i]);
    const from = differs < 0 ? messages.length : differs;
    const tensors = Object.values(stateTensors(state));
    const stateBytes = tensors.reduce(
      (sum, { size, dtype }) => sum + size * tf.util.bytesPerElement(dtype),
      0,
    );
    return { length, stateBytes, said: { from, messages: messages.slice(from) } };
  } catch (error) {
    if (error instanceof SessionBusyError || error instanceof DisposedError) return undefined;
    throw error;
  }
}
