/** A session: a model with a working memory that reads, generates, forks and is saved, in bounded space over text of any length. */
import { require, ShapeError } from '@famjs/backends';
import { withDispose } from '../disposal.ts';
import type { LanguageModel, Session } from '../language-model.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import { requireTokenizer, type Writing, writeText, writeTokens } from './generate.ts';
import {
  type GenerateOptions,
  requireGenerateOptions,
  requireReadOptions,
  type TokenOptions,
} from './options.ts';
import { copyOf, disposePlace, type Place, tokensRead } from './place.ts';
import { logitsAt, type Reader, type ReadOptions, readOn } from './reading.ts';
import { packPlace } from './session-file.ts';
import { type ReadInput, tokenStreams } from './token-stream.ts';
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

  const readFrom = (from: Place, input: ReadInput, { signal, onProgress }: ReadOptions) => {
    const opens = tokensRead(from, model) === 0;
    const streams = tokenStreams(input, rows, model, opens);
    return readOn(reader, from, streams, { onProgress, signal: signalOf(signal) });
  };

  const writing = (signal: AbortSignal | undefined): Writing => ({
    reader,
    endTokens: model.endTokens,
    get place() {
      return here();
    },
    moveTo,
    after: (from, tokens) => readFrom(from, tokens, { signal }),
    free: (places) => places.forEach(disposePlace),
  });

  /** Runs a generator whose steps are calls in turn, as one open call. */
  async function* opened<Item>(
    call: string,
    begin: (writing: Writing) => AsyncGenerator<Item>,
    { signal }: TokenOptions,
    prompt?: ReadInput,
  ): AsyncGenerator<Item, void, undefined> {
    calls.open(call);
    try {
      if (prompt !== undefined)
        await calls.within(async () => moveTo(await readFrom(here(), prompt, { signal })));
      const steps = begin(writing(signal));
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

    read: (input: ReadInput, options: ReadOptions = {}) =>
      calls.take('read()', async () => {
        requireReadOptions(options);
        moveTo(await readFrom(here(), input, options));
      }),

    logits: () =>
      calls.take('logits()', () => {
        reader.stack();
        return logitsAt(model, here());
      }),

    async *generate(...args: [GenerateOptions] | [ReadInput | undefined, GenerateOptions]) {
      const [prompt, options] = args.length === 1 && isOptions(args[0]) ? [undefined, args[0]] : args;
      requireGenerateOptions(options as GenerateOptions, 'generate()');
      requireTokenizer(model.tokenizer, 'generate()');
      requireOneRow(rows);
      const { tokenizer } = model;
      yield* opened(
        'generate()',
        (writing) => writeText(writing, tokenizer, options as GenerateOptions),
        options as GenerateOptions,
        prompt as ReadInput | undefined,
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

function requireOneRow(rows: number): void {
  require(rows === 1, ShapeError, () => ({
    wrong: `generate() was called on a session of ${rows} rows.`,
    expected: 'a session of one row, whose text is yielded.',
    remedy: 'call generateTokens(), which yields a token of every row, or open a session for each text.',
  }));
}
