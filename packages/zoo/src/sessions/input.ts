/** What a session reads: text or tokens that go on from where it stands, steps of its chat, and what is read after them. */
import type { LanguageModel } from '../language-model.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import { type ChatStep, closingOf } from './chat.ts';
import { copyOf, disposePlace, type Place, tokensRead } from './place.ts';
import { type Reader, type ReadOptions, readOn, type ScoreSink } from './reading.ts';
import { noting, type ReadInput, tokenStreams } from './token-stream.ts';

/** How a call reads, and who hears of it. */
export interface Reading extends ReadOptions {
  onTokens?: (tokens: Iterable<number>) => void;
  onScore?: ScoreSink;
}

/** Each leads from one place to the next, which is the caller's; the first stays as it is. */
export interface Input {
  from(place: Place, input: ReadInput, options: Reading): Promise<Place>;
  /** The place after the tokens of a step of chat. */
  step(place: Place, step: ChatStep, options: Reading): Promise<Place>;
  /** What somebody else says: a reply that may still go on is ended first. */
  given(place: Place, input: ReadInput, options: Reading): Promise<Place>;
}

/** @param ended aborts whatever is read */
export function inputOf(
  model: LanguageModel<Tokenizer | undefined>,
  reader: Reader,
  rows: number,
  ended: AbortSignal,
): Input {
  const from: Input['from'] = (place, input, { signal, onTokens, ...others }) => {
    const opens = tokensRead(place, model) === 0;
    const streams = tokenStreams(input, rows, model, opens);
    const noted = onTokens ? streams.map((stream) => noting(stream, onTokens)) : streams;
    return readOn(reader, place, noted, {
      ...others,
      signal: signal ? AbortSignal.any([signal, ended]) : ended,
    });
  };

  const step: Input['step'] = async (place, { tokens, chat }, options) => {
    const next = tokens.length > 0 ? await from(place, tokens, options) : copyOf(place);
    return { ...next, chat };
  };

  return {
    from,
    step,
    async given(place, input, options) {
      const { chat } = place;
      const closing = chat && model.tokenizer && (await closingOf(model.tokenizer, chat, model.endTokens));
      if (!closing) return from(place, input, options);
      const { onProgress: _, onScore: __, ...quietly } = options;
      const closed = await step(place, closing, quietly);
      try {
        return await from(closed, input, options);
      } finally {
        disposePlace(closed);
      }
    },
  };
}
