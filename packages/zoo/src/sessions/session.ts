/** A session: a model with a working memory that reads, generates, forks and is saved, in bounded space over text of any length. */
import { withDispose } from '../disposal.ts';
import type { LanguageModel, Session } from '../language-model.ts';
import type { ChatMessage } from '../tokenizers/chat-template.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import { replyTo, requireMessages, saying } from './chat.ts';
import { requireTokenizer, type Writing, writeText, writeTokens } from './generate.ts';
import { inputOf, type Reading } from './input.ts';
import {
  type ChatOptions,
  type GenerateOptions,
  generateRows,
  isOptions,
  requireChatOptions,
  requireEnd,
  requireGenerateOptions,
  requireOneRow,
  requireReadOptions,
  type TokenOptions,
} from './options.ts';
import { copyOf, disposePlace, type Place, startPlace, tokensRead } from './place.ts';
import { logitsAt, type Reader, type ReadOptions, type ScoreSink } from './reading.ts';
import { joinedScores, type Score } from './scoring.ts';
import { packPlace } from './session-file.ts';
import { standingAt } from './standing.ts';
import type { ReadInput } from './token-stream.ts';
import { turns } from './turns.ts';

/** A session at `start`, which it takes over; a promise of it holds its calls until then. */
export function openSession(
  model: LanguageModel<Tokenizer | undefined>,
  reader: Reader,
  rows: number,
  start: Place | Promise<Place>,
): Session {
  const calls = turns();
  const standing = standingAt(start, calls);
  const { here, moveTo } = standing;
  const input = inputOf(model, reader, rows, calls.ended);

  const settled = (what: string): Place => {
    calls.requireLasting(what);
    calls.requireSettled(what);
    return here();
  };

  /** Reads what somebody else says. */
  const readGiven = async (given: ReadInput, options: Reading) =>
    moveTo(await input.given(here(), given, options));

  const writing = (signal: AbortSignal | undefined, prompt: Writing['prompt']): Writing => ({
    reader,
    endTokens: model.endTokens,
    prompt,
    signal: signal ? AbortSignal.any([signal, calls.ended]) : calls.ended,
    get place() {
      return here();
    },
    moveTo: (next, text = '') => moveTo({ ...next, chat: saying(here().chat, text) }),
    after: (from, tokens) => input.from(from, tokens, { signal }),
    free: (places) => places.forEach(disposePlace),
  });

  /** Runs a generator whose steps are calls in turn, as one open call, after `feed` has read its prompt. */
  async function* opened<Item, Result>(
    call: string,
    begin: (writing: Writing) => AsyncGenerator<Item, Result, undefined>,
    { signal }: Pick<TokenOptions, 'signal'>,
    feed?: (options: Reading) => Promise<void>,
  ): AsyncGenerator<Item, Result, undefined> {
    calls.open(call);
    try {
      const prompt = { count: 0, tokens: new Set<number>() };
      const onTokens = (tokens: Iterable<number>) => {
        for (const token of tokens) {
          prompt.tokens.add(token);
          prompt.count++;
        }
      };
      if (feed) await calls.within(() => feed({ signal, onTokens }));
      const steps = begin(writing(signal, prompt));
      try {
        for (;;) {
          const { done, value } = await calls.within(() => steps.next());
          if (done) return value;
          yield value;
        }
      } finally {
        await steps.return(undefined as never);
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

    read: (text: ReadInput, options: ReadOptions = {}) =>
      calls.take('read()', async () => {
        requireReadOptions(options, 'read()');
        await readGiven(text, options);
      }),

    score: (text: ReadInput, options: ReadOptions = {}) =>
      calls.take('score()', async () => {
        requireReadOptions(options, 'score()');
        requireOneRow(rows, 'score()', 'open a session for each text.');
        const runs: Score[] = [];
        const onScore: ScoreSink = (tokens, logProbabilities) =>
          runs.push({ tokens: Array.from(tokens), logProbabilities });
        await readGiven(text, { ...options, onScore });
        return joinedScores(runs);
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
      return yield* opened(
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
      return yield* opened(
        'chat()',
        (writing) => writeText(writing, tokenizer, { maxTokens: Number.POSITIVE_INFINITY, ...options }),
        options,
        async (reading) => {
          const from = here();
          const step = await replyTo(tokenizer, from.chat, messages, tokensRead(from, model) > 0);
          moveTo(await input.step(from, step, reading));
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

    dispose: () => calls.end(standing.dispose),
  });
  return session;
}
