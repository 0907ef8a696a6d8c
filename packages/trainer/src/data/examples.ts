/** From an example as people write it to a document in tokens: what a model is to say counts, what it is told does not. */
import { type ChatMessage, renderChat, type Tokenizer } from '@famjs/zoo';
import * as z from 'zod';
import type { Document } from './document.ts';

const message = z.strictObject({ role: z.string(), content: z.string() });

/** A line of JSONL or a row of Parquet: a text, a prompt with its completion, or a chat. */
export const exampleSchema = z.union(
  [
    z.looseObject({ text: z.string().min(1) }),
    z.looseObject({ prompt: z.string(), completion: z.string().min(1) }),
    z.looseObject({ messages: z.array(message).min(1) }),
  ],
  { error: 'expected text, prompt and completion, or messages of role and content' },
);

export type Example = z.output<typeof exampleSchema>;

/** Characters of all texts in an example. */
export function charactersOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + charactersOf(part), 0);
}

/**
 * @param end the token that ends what is said
 * @throws ChatTemplateError for a chat where the tokenizer has no template, or that it refuses
 */
export async function documentOf(example: Example, tokenizer: Tokenizer, end: number): Promise<Document> {
  const encode = (text: string) => tokenizer.encode(text, { specialTokens: false });
  if (typeof example.text === 'string') return { tokens: encode(example.text) };
  const { prompt, completion, messages } = example as {
    prompt: string;
    completion: string;
    messages?: ChatMessage[];
  };
  const parts = messages
    ? (await chatParts(messages, tokenizer)).map(({ text, counts }) => ({ tokens: encode(text), counts }))
    : [
        { tokens: encode(prompt), counts: 0 },
        { tokens: [...encode(completion), end], counts: 1 },
      ];
  return {
    tokens: parts.flatMap(({ tokens }) => tokens),
    weights: parts.flatMap(({ tokens, counts }) => tokens.map(() => counts)),
  };
}

/** What the assistant says counts, as far as the template adds it to what stands before. */
async function chatParts(messages: readonly ChatMessage[], tokenizer: Tokenizer) {
  const parts: { text: string; counts: number }[] = [];
  let before = '';
  const add = async (count: number, reply: boolean) => {
    const text = await renderChat(tokenizer, { messages: messages.slice(0, count), reply, time: 0 });
    parts.push({ text: text.slice(before.length), counts: reply ? 0 : 1 });
    before = text;
  };
  for (const [i, { role }] of messages.entries()) {
    if (role !== 'assistant') continue;
    await add(i, true);
    await add(i + 1, false);
  }
  return parts;
}
