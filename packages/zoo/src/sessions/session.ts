/** A session: a model with a working memory that reads, generates, forks and is saved, in bounded space over text of any length. */
import { ConfigError, require, ShapeError } from '@famjs/backends';
import { withDispose } from '../disposal.ts';
import type { LanguageModel, Session } from '../language-model.ts';
import type { ChatMessage } from '../tokenizers/chat-template.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import { type ChatStep, closingOf, replyTo, requireMessages, saying } from './chat.ts';
import { requireTokenizer, type Writing, writeText, writeTokens } from './generate.ts';
import {
  type ChatOptions,
  type GenerateOptions,
  requireChatOptions,
  requireGenerateOptions,
  requireReadOptions,
  type TokenOptions,
} from './options.ts';
import { copyOf, disposePlace, type Place, startPlace, tokensRead } from './place.ts';
import { logitsAt, type Reader, type ReadOptions, readOn, type ScoreSink } from './reading.ts';
import type { Score } from './scoring.ts';
import { packPlace } from './session-file.ts';
import { noting, type ReadInput, tokenStreams } from './token-stream.ts';
import { turns } from './turns.ts';

/** A session at `start`, which it takes over; a promise of it holds its calls until then. */
export function openSession(
  model: LanguageModel<Tokenizer | undefined>,
  reader: Reader,
  rows: number,
  start: Place | Promise<Place>,
): Session {
  const calls = turns();
  let place = start instanceof Promise ? undefined : start;
  let failure: unknown;
  if (start instanceof Promise) {
    const arrive = async () => {
      place = await start;
    };
    const ended = () => start.then(disposePlace);
    void calls
      .take('fork()', arrive)
      .catch(ended)
      .catch((error) => {
        failure = error;
      });
  }

  /** Where the session stands. @throws when the session that it was to be a fork of came to nothing */
  const here = (): Place => {
    if (!place) throw failure;
    return place;
  };
  const settled = (what: string): Place => {
    calls.requireLasting(what);
    calls.requireSettled(what);
    return here();
  };
  const moveTo = (next: Place) => {
    disposePlace(here());
    place = next;
  };
  const signalOf = (signal: AbortSignal | undefined) =>
    signal ? AbortSignal.any([signal, calls.ended]) : calls.ended;

  const readFrom = (from: Place, input: ReadInput, options: Reading) => {
    const { signal, onTokens, ...others } = options;
    const opens = tokensRead(from, model) === 0;
    const streams = tokenStreams(input, rows, model, opens);
    const noted = onTokens ? streams.map((stream) => noting(stream, onTokens)) : streams;
    return readOn(reader, from, noted, { ...others, signal: signalOf(signal) });
  };

  /** The place after the tokens of a step of chat. */
  const readStep = async (from: Place, { tokens, chat }: ChatStep, options: Reading) => {
    const next = tokens.length > 0 ? await readFrom(from, tokens, options) : copyOf(from);
    return { ...next, chat };
  };

  /** Reads what somebody else says: a reply that may still go on is ended first. */
  const readGiven = async (input: ReadInput, options: Reading) => {
    const from = here();
    const closing =
      from.chat && model.tokenizer && (await closingOf(model.tokenizer, from.chat, model.endTokens));
    if (!closing) return moveTo(await readFrom(from, input, options));
    const { onProgress: _, onScore: __, ...quietly } = options;
    const closed = await readStep(from, closing, quietly);
    try {
      moveTo(await readFrom(closed, input, options));
    } finally {
      disposePlace(closed);
    }
  };

  const writing = (signal: AbortSignal | undefined, prompt: Iterable<number>): Writing => ({
    reader,
    endTokens: model.endTokens,
    prompt,
    get place() {
      return here();
    },
    moveTo: (next, text = '') => moveTo({ ...next, chat: saying(here().chat, text) }),
    after: (from, tokens) => readFrom(from, tokens, { signal }),
    free: (places) => places.forEach(disposePlace),
  });

  /** Runs a generator whose steps are calls in turn, as one open call, after `feed` has read its prompt. */
  async function* opened<Item>(
    call: string,
    begin: (writing: Writing) => AsyncGenerator<Item>,
    { signal }: Pick<TokenOptions, 'signal'>,
    feed?: (options: Reading) => Promise<void>,
  ): AsyncGenerator<Item, void, undefined> {
    calls.open(call);
    try {
      const prompt = new Set<number>();
      const onTokens = (tokens: Iterable<number>) => {
        for (const token of tokens) prompt.add(token);
      };
      if (feed) await calls.within(() => feed({ signal, onTokens }));
      const steps = begin(writing(signal, prompt));
      try {
        for (;;) {
          const { done, value } = await calls.within(() => steps.next());
          if (done) return;
          yield value;
        }
      } finally {
        await steps.return(undefined);
      }
    } finally {
      calls.close();
    }
  }

  const session: Session = withDispose<Session>({
    model,
    rows,
    get length() {
      return tokensRead(settled('length'), model);
    },
    get state() {
      return settled('state').state;
    },
    get messages() {
      return settled('messages').chat?.messages ?? [];
    },

    read: (input: ReadInput, options: ReadOptions = {}) =>
      calls.take('read()', async () => {
        requireReadOptions(options, 'read()');
        await readGiven(input, options);
      }),

    score: (input: ReadInput, options: ReadOptions = {}) =>
      calls.take('score()', async () => {
        requireReadOptions(options, 'score()');
        requireOneRow(rows, 'score()', 'open a session for each text.');
        const runs: Score[] = [];
        const onScore: ScoreSink = (tokens, logProbabilities) =>
          runs.push({ tokens: Array.from(tokens), logProbabilities });
        await readGiven(input, { ...options, onScore });
        return joined(runs);
      }),

    logits: () =>
      calls.take('logits()', () => {
        reader.stack();
        return logitsAt(model, here());
      }),

    async *generate(...args: [GenerateOptions] | [ReadInput | undefined, GenerateOptions]) {
      const [prompt, options] = args.length === 1 && isOptions(args[0]) ? [undefined, args[0]] : args;
      requireGenerateOptions(options as GenerateOptions, 'generate()');
      requireTokenizer(model.tokenizer, 'generate()', 'generateTokens()');
      requireOneRow(rows, 'generate()', generateRows);
      const { tokenizer } = model;
      yield* opened(
        'generate()',
        (writing) => writeText(writing, tokenizer, options as GenerateOptions),
        options as GenerateOptions,
        prompt === undefined ? undefined : (reading) => readGiven(prompt as ReadInput, reading),
      );
    },

    async *chat(messages: readonly ChatMessage[], options: ChatOptions = {}) {
      requireMessages(messages);
      requireChatOptions(options);
      requireTokenizer(model.tokenizer, 'chat()', 'generateTokens()');
      requireOneRow(rows, 'chat()', 'open a session for each chat.');
      requireEnd(model, options);
      const { tokenizer } = model;
      yield* opened(
        'chat()',
        (writing) => writeText(writing, tokenizer, { maxTokens: Number.POSITIVE_INFINITY, ...options }),
        options,
        async (reading) => {
          const from = here();
          const step = await replyTo(tokenizer, from.chat, messages, tokensRead(from, model) > 0);
          moveTo(await readStep(from, step, reading));
        },
      );
    },

    async *generateTokens(options: TokenOptions) {
      requireGenerateOptions(options, 'generateTokens()');
      yield* opened('generateTokens()', (writing) => writeTokens(writing, options), options);
    },

    async ask(prompt: ReadInput, options: GenerateOptions) {
      calls.requireFree('ask()');
      const fork = session.fork();
      try {
        let answer = '';
        for await (const text of fork.generate(prompt, options)) answer += text;
        return answer;
      } finally {
        fork.dispose();
      }
    },

    fork(): Session {
      calls.requireLasting('fork()');
      if (calls.settled) return openSession(model, reader, rows, copyOf(here()));
      return openSession(
        model,
        reader,
        rows,
        calls.take('fork()', async () => copyOf(here())),
      );
    },

    reset: () =>
      calls.take('reset()', async () => {
        const { origin } = here().state.rows[0]!;
        moveTo(startPlace(reader.stack(), rows, origin));
      }),

    save: () => calls.take('save()', () => packPlace(here(), model)),

    dispose: () =>
      calls.end(() => {
        if (place) disposePlace(place);
        place = undefined;
      }),
  });
  return session;
}

function isOptions(value: unknown): value is GenerateOptions {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(Symbol.asyncIterator in value)
  );
}

/** How a call reads, and who hears of it. */
interface Reading extends ReadOptions {
  onTokens?: (tokens: Iterable<number>) => void;
  onScore?: ScoreSink;
}

/** The runs of one text as a whole; the token that opened it has no probability. */
function joined(runs: readonly Score[]): Score {
  const tokens = runs.flatMap((run) => run.tokens);
  const logProbabilities = new Float32Array(tokens.length).fill(Number.NaN);
  let at = 0;
  for (const run of runs) {
    at += run.tokens.length;
    logProbabilities.set(run.logProbabilities, at - run.logProbabilities.length);
  }
  return { tokens, logProbabilities };
}

const generateRows =
  'call generateTokens(), which yields a token of every row, or open a session for each text.';

function requireOneRow(rows: number, call: string, remedy: string): void {
  require(rows === 1, ShapeError, () => ({
    wrong: `${call} was called on a session of ${rows} rows.`,
    expected: 'a session of one row.',
    remedy,
  }));
}

function requireEnd({ endTokens, name }: LanguageModel<Tokenizer | undefined>, options: ChatOptions): void {
  const ends = endTokens.length > 0 || options.maxTokens !== undefined || (options.stop ?? []).length > 0;
  require(ends, ConfigError, () => ({
    wrong: `chat() was given no end: ${name} names no token that ends a reply.`,
    expected: 'maxTokens, or stop strings.',
    remedy: 'give one of them, or say eos_token_id in the generation_config.json of the model.',
  }));
}
