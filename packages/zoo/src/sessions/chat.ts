/** A chat on a session: the list of its messages, and what of their template is still to be read. */
import { ChatTemplateError, ConfigError, require } from '@famjs/backends';
import * as z from 'zod';
import { parsed } from '../parsed.ts';
import { type ChatMessage, renderChat } from '../tokenizers/chat-template.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';

/** A chat is never changed: each message leads to another one. */
export interface Chat {
  /** All that was said. The last is the model's reply, as far as it has come. */
  messages: readonly ChatMessage[];
  /** What was read after the last reply, to end it, before something else was read; undefined while it may go on. */
  closing?: string | undefined;
  /** When it began, in milliseconds since 1970: the day it is to templates that say so. */
  began: number;
}

const message = z.strictObject({ role: z.string().min(1), content: z.string() });
const messagesSchema = z.array(message).min(1, 'there is none');

/** A chat as a session's file has it. */
export const chatSchema = z.strictObject({
  messages: messagesSchema.refine((list) => list.at(-1)?.role === 'assistant', 'the last is no reply'),
  closing: z.string().optional(),
  began: z.int().min(0).max(8.64e15),
});

/** @throws ConfigError for what is no list of messages */
export function requireMessages(messages: readonly ChatMessage[]): void {
  const expected = 'a list of at least one { role, content }, both text.';
  parsed(messagesSchema, messages, 'The messages of chat()', ConfigError, expected, 'correct the call.');
}

/** Tokens to read, and the chat that they lead to. */
export interface ChatStep {
  tokens: number[];
  chat: Chat;
}

/**
 * What the model reads before it replies to new messages: the template of the whole list, without what it has read of it.
 *
 * @param begun whether the session has read anything: then the template's first token, which opens a text, is left out
 * @throws ChatTemplateError when the template fails, or renders otherwise what was read already
 */
export async function replyTo(
  tokenizer: Tokenizer,
  chat: Chat | undefined,
  messages: readonly ChatMessage[],
  begun: boolean,
): Promise<ChatStep> {
  const { messages: before, began: time } = chat ?? { messages: [], began: Date.now() };
  const list = [...before, ...messages];
  const next = { messages: [...list, { role: 'assistant', content: '' }], began: time };
  const text = await renderChat(tokenizer, { messages: list, reply: true, time });
  if (chat) {
    return { tokens: tokensAfter(tokenizer, chat, await afterReply(tokenizer, chat, text)), chat: next };
  }
  const tokens = tokenizer.encode(text, { specialTokens: false });
  return { tokens: begun ? withoutOpening(tokenizer, tokens) : tokens, chat: next };
}

/** The tokens without the one with which the tokenizer opens every text, if they begin with it. */
function withoutOpening({ specialTokens, encode, tokenOf }: Tokenizer, tokens: number[]): number[] {
  const opening = tokenOf(specialTokens.bos ?? '');
  const opens = tokens[0] === opening && encode('', { specialTokens: true })[0] === opening;
  return opens ? tokens.slice(1) : tokens;
}

/**
 * What ends the last reply before something else is read, up to its end token; nothing where it has been ended.
 *
 * @throws ChatTemplateError as `replyTo`
 */
export async function closingOf(
  tokenizer: Tokenizer,
  chat: Chat,
  endTokens: readonly number[],
): Promise<ChatStep | undefined> {
  if (chat.closing !== undefined) return undefined;
  const { messages, began: time } = chat;
  const text = await renderChat(tokenizer, { messages, reply: false, time });
  const closing = throughEnd(tokenizer, await afterReply(tokenizer, chat, text), endTokens);
  return { tokens: tokensAfter(tokenizer, chat, closing), chat: { ...chat, closing } };
}

/** A text up to its first end token, that included; all of it where there is none. */
function throughEnd(tokenizer: Tokenizer, text: string, endTokens: readonly number[]): string {
  const ends = endTokens.flatMap((token) => {
    const end = tokenizer.decode([token]);
    const at = end ? text.indexOf(end) : -1;
    return at < 0 ? [] : [at + end.length];
  });
  return text.slice(0, Math.min(text.length, ...ends));
}

/** The chat after more of the last reply, if that may still go on. */
export function saying(chat: Chat | undefined, text: string): Chat | undefined {
  if (!chat || chat.closing !== undefined || !text) return chat;
  const { role, content } = chat.messages.at(-1)!;
  return { ...chat, messages: [...chat.messages.slice(0, -1), { role, content: content + text }] };
}

/** What a template's text has after all that was read: the text before the last reply, the reply, and what ended it. */
async function afterReply(tokenizer: Tokenizer, chat: Chat, text: string): Promise<string> {
  const { messages, closing = '', began: time } = chat;
  const past = await renderChat(tokenizer, { messages: messages.slice(0, -1), reply: true, time });
  const replied = text.startsWith(past)
    ? without(text.slice(past.length), messages.at(-1)!.content)
    : undefined;
  const rest = replied?.startsWith(closing) ? replied.slice(closing.length) : undefined;
  require(rest !== undefined, ChatTemplateError, () => ({
    wrong:
      'The chat template of this model rewrites its past: with a further message it has other text before it, ' +
      `from ${JSON.stringify(excerpt(text, past))} on, where the model has read ${JSON.stringify(excerpt(past, text))}.`,
    expected: 'a template that only adds to what was said, for what was read is not read again.',
    remedy:
      'open a session (or call reset()) for each turn and give chat() the whole list, or use another template.',
  }));
  return rest;
}

/** The text without the reply that it begins with. Templates may trim what the model wrote, or put space before it. */
function without(text: string, reply: string): string | undefined {
  if (text.startsWith(reply)) return text.slice(reply.length);
  const [trimmed, said] = [text.trimStart(), reply.trim()];
  return trimmed.startsWith(said) ? trimmed.slice(said.length) : undefined;
}

/** Where a text stops being another. */
function excerpt(text: string, other: string): string {
  let at = 0;
  while (at < text.length && text[at] === other[at]) at++;
  return text.slice(Math.max(0, at - 10), at + 30);
}

/** The tokens of a text as they are behind the last reply: some tokenizers put a space before what begins a text. */
function tokensAfter(tokenizer: Tokenizer, { messages, closing = '' }: Chat, text: string): number[] {
  const encode = (part: string) => tokenizer.encode(part, { specialTokens: false });
  const before = (messages.at(-1)!.content.slice(-64) + closing).trimStart();
  const [head, all] = [encode(before), encode(before + text)];
  return head.every((token, i) => token === all[i]) ? all.slice(head.length) : encode(text);
}
