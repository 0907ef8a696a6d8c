/** How chats and completions write their answers down: whole, or piece by piece. */
import { randomUUID } from 'node:crypto';

type FinishReason = 'stop' | 'length';

export interface Dialect {
  /** The id of an answer. */
  id(): string;
  /** What an answer is called, whole and in pieces. */
  object: string;
  chunk: string;
  /** The choice of a whole answer. */
  whole(text: string, finish: FinishReason): object;
  /** The choice before the first text, if there is one. */
  opening: object | undefined;
  piece(text: string): object;
  end(finish: FinishReason): object;
}

const choice = (content: object, finish: FinishReason | null) => ({
  index: 0,
  ...content,
  logprobs: null,
  finish_reason: finish,
});

export const chatDialect: Dialect = {
  id: () => `chatcmpl-${randomUUID()}`,
  object: 'chat.completion',
  chunk: 'chat.completion.chunk',
  whole: (content, finish) => choice({ message: { role: 'assistant', content, refusal: null } }, finish),
  opening: choice({ delta: { role: 'assistant', content: '' } }, null),
  piece: (content) => choice({ delta: { content } }, null),
  end: (finish) => choice({ delta: {} }, finish),
};

export const completionDialect: Dialect = {
  id: () => `cmpl-${randomUUID()}`,
  object: 'text_completion',
  chunk: 'text_completion',
  whole: (text, finish) => choice({ text }, finish),
  opening: undefined,
  piece: (text) => choice({ text }, null),
  end: (finish) => choice({ text: '' }, finish),
};
