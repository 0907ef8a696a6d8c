/** The two calls of the API, read: what is said, and how it is answered. */
import type { ChatMessage } from '@famjs/zoo';
import * as z from 'zod';
import {
  heeded,
  ignored,
  type Order,
  type OrderTerms,
  orderOf,
  parsedBody,
  unsupported,
} from './parameters.ts';

const shared = { ...ignored, ...unsupported, ...heeded };

const none = z.array(z.unknown()).max(0).nullish();
const text = z.looseObject({ type: z.literal('text'), text: z.string() });
const content = z.union(
  [z.string(), z.array(text).transform((parts) => parts.map(({ text }) => text).join(''))],
  'is no text: a string, or a list of { type: "text", text }',
);
/** Other members come with what clients were answered and hand back, such as `refusal`. */
const message = z
  .looseObject({
    role: z.enum(['system', 'developer', 'user', 'assistant']),
    content,
    tool_calls: none,
    function_call: z.null().optional(),
    audio: z.null().optional(),
  })
  .transform(({ role, content }): ChatMessage => ({ role: role === 'developer' ? 'system' : role, content }));

const chatSchema = z.strictObject({
  ...shared,
  messages: z.array(message).min(1),
  max_completion_tokens: z.int().min(1).nullish(),
});

export interface ChatOrder extends Order {
  messages: ChatMessage[];
}

/** @throws ApiError for what does not fit */
export function chatOrder(body: unknown, terms: OrderTerms): ChatOrder {
  const parsed = parsedBody(chatSchema, body);
  const wanted = parsed.max_completion_tokens ?? parsed.max_tokens ?? terms.mostTokens;
  return { ...orderOf(parsed, wanted, terms), messages: parsed.messages };
}

const tokens = z.array(z.int().min(0)).min(1);
const one = <Schema extends z.ZodType>(schema: Schema) => z.tuple([schema]).transform(([only]) => only);
const prompt = z.union(
  [z.string(), tokens, one(z.string()), one(tokens)],
  'is no text and no tokens, or more than one of them',
);

const completionSchema = z.strictObject({ ...shared, logprobs: z.null().optional(), prompt });

export interface CompletionOrder extends Order {
  prompt: string | number[];
}

/** How many tokens OpenAI's completions have where nothing else is said. */
const defaultTokens = 16;

/** @throws ApiError for what does not fit */
export function completionOrder(body: unknown, terms: OrderTerms): CompletionOrder {
  const parsed = parsedBody(completionSchema, body);
  return { ...orderOf(parsed, parsed.max_tokens ?? defaultTokens, terms), prompt: parsed.prompt };
}
