/** A model in use and the sessions that share it, as their users see them. */
import type { FamState } from '@famjs/layer';
import type { Base } from './fingerprint.ts';
import type { NamedModel } from './named-model.ts';
import type { Written } from './sessions/generate.ts';
import type {
  ChatOptions,
  GenerateOptions,
  ReaderOptions,
  SessionOptions,
  TokenOptions,
} from './sessions/options.ts';
import type { ReadOptions } from './sessions/reading.ts';
import type { Score } from './sessions/scoring.ts';
import type { ReadInput } from './sessions/token-stream.ts';
import type { ChatMessage } from './tokenizers/chat-template.ts';
import type { Tokenizer } from './tokenizers/tokenizer.ts';

declare global {
  // As TypeScript's library of ESNext and the types of Node declare them, for those who compile without either.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
    readonly asyncDispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
  interface AsyncDisposable {
    [Symbol.asyncDispose](): PromiseLike<void>;
  }
}

export interface LanguageModel<Vocabulary extends Tokenizer | undefined = Tokenizer>
  extends NamedModel,
    Disposable {
  readonly tokenizer: Vocabulary;
  /** Tokens at which `generate` stops. */
  readonly endTokens: readonly number[];
  /** Whether its FAM is one that the caller gave it and nobody trained: what it remembers is of no use yet. */
  readonly untrained: boolean;
  /** What a memory of this model names: the model without its FAM and adapters. */
  base(): Promise<Base>;
  /** A session before the first token. @throws ConfigError for options that do not fit */
  session(options?: SessionOptions): Session;
  /**
   * The session that `save()` gave the bytes of, on the current backend.
   *
   * @throws CheckpointError when they are damaged or come from another model, which is named
   */
  restore(bytes: Uint8Array, options?: ReaderOptions): Promise<Session>;
  /** Frees the model; sessions of it throw DisposedError from then on. */
  dispose(): void;
}

/**
 * Calls take effect in the order in which they are made; one that fails or is aborted leaves the session as it was. While
 * `generate` or `generateTokens` is open, other calls throw SessionBusyError; `fork()` gives what was yielded so far.
 */
export interface Session extends Disposable {
  readonly model: LanguageModel<Tokenizer | undefined>;
  /** B: texts that are read side by side. */
  readonly rows: number;
  /** Tokens read so far, of every row. @throws SessionBusyError while calls are under way */
  readonly length: number;
  /** All that was said in chat, the last reply as far as it has come. @throws SessionBusyError while calls are under way */
  readonly messages: readonly ChatMessage[];
  /** The working memory as it is now. It belongs to the session: fork or save it, do not dispose of it. */
  readonly state: FamState;
  /**
   * Reads text or tokens of any length; text may come in pieces that break anywhere. The first text of a session gets the
   * tokens with which its tokenizer opens one. What is read after a reply of chat stands behind the end of that reply.
   *
   * @param input for a session of several rows a list of one input for each; their tokens must be equally many
   * @throws ShapeError when inputs do not fit the rows, or are empty
   * @throws TokenError for what is no text or token of this model
   * @throws ChatTemplateError after a reply whose template rewrites its past
   * @throws DeviceLostError when the GPU went away, and with it model and state: load both again after `setBackend()`
   */
  read(input: ReadInput, options?: ReadOptions): Promise<void>;
  /**
   * Reads as `read()` does, in one row, and says how likely the model found each token. Of the logits of a long text only
   * those of a few tokens are held at once.
   *
   * @throws ShapeError, TokenError as `read()`
   */
  score(input: ReadInput, options?: ReadOptions): Promise<Score>;
  /** Logits [V] of the token after those read, one array a row; undefined before the first token. */
  logits(): Promise<Float32Array[] | undefined>;
  /**
   * Reads a prompt, if there is one, and writes on until an end token of the model, a stop string or `maxTokens`: text comes
   * as its characters become certain. However it ends, the session has read exactly the tokens whose text was yielded: no
   * end token, no stop string. It returns what ended it, unless it is left early. Without a prompt it goes on from what
   * stands there, a reply of chat too.
   *
   * @throws ConfigError for options that do not fit
   * @throws ShapeError before anything was read, or with several rows
   */
  generate(options: GenerateOptions): AsyncGenerator<string, Written | undefined, undefined>;
  generate(
    prompt: ReadInput | undefined,
    options: GenerateOptions,
  ): AsyncGenerator<string, Written | undefined, undefined>;
  /**
   * Reads messages as the model's chat template has them, and yields its reply as `generate` does. The session keeps the list:
   * only what is new of the template is read, a reply's end included, which no reply has read itself. Broken off or aborted,
   * the reply is what was yielded. A template with a date has the day on which the chat began.
   *
   * @throws ChatTemplateError when there is no template, it refuses the messages, or rewrites what was read
   * @throws ConfigError for messages or options that do not fit, or a reply without end
   */
  chat(
    messages: readonly ChatMessage[],
    options?: ChatOptions,
  ): AsyncGenerator<string, Written | undefined, undefined>;
  /** Yields the next token of every row, which has been read by then; goes on past end tokens, for rows end apart. */
  generateTokens(options: TokenOptions): AsyncGenerator<number[], void, undefined>;
  /** What the model says to a prompt; the session does not hear of it. */
  ask(prompt: ReadInput, options: GenerateOptions): Promise<string>;
  /** A session that goes on from here on its own. */
  fork(): Session;
  /** Forgets everything: the session stands before its first token again. */
  reset(): Promise<void>;
  /** The session in bytes, from which `model.restore` goes on, on any backend. */
  save(): Promise<Uint8Array>;
  /** Frees the session's memory; calls that are under way end with DisposedError. The model stays. */
  dispose(): void;
}
