/** The parameters of requests: those that are heeded, those that say nothing here, and those that are refused by name. */
import type { ChatOptions } from '@famjs/zoo';
import * as z from 'zod';
import { refused } from './api-error.ts';

/** How a request is answered, and as what of which conversation. */
export interface Order {
  model: string;
  options: ChatOptions & { maxTokens: number };
  stream: boolean;
  includeUsage: boolean;
  conversation: string | undefined;
}

const natural = z.int().min(1).nullish();

/** Heeded by both calls. */
export const heeded = {
  model: z.string().min(1),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .nullish(),
  max_tokens: natural,
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(4)]).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  // As other servers of open models call what OpenAI's API does not have.
  top_k: natural,
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().gt(0).nullish(),
};

/** What changes nothing of a reply. */
export const ignored = Object.fromEntries(
  [
    ...['user', 'store', 'service_tier', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention'],
    ...['parallel_tool_calls', 'reasoning_effort', 'verbosity'],
  ].map((name) => [name, z.unknown().optional()]),
);

const nothing = z.array(z.unknown()).max(0).nullish();

/** What would change a reply and is not done here: taken only where it asks for nothing. */
export const unsupported = {
  n: z.literal(1).nullish(),
  presence_penalty: z.literal(0).nullish(),
  frequency_penalty: z.literal(0).nullish(),
  logit_bias: z.strictObject({}).nullish(),
  logprobs: z.literal(false).nullish(),
  top_logprobs: z.literal(0).nullish(),
  tools: nothing,
  functions: nothing,
  tool_choice: z.enum(['none', 'auto']).nullish(),
  function_call: z.enum(['none', 'auto']).nullish(),
  response_format: z.looseObject({ type: z.literal('text') }).nullish(),
  modalities: z.array(z.literal('text')).nullish(),
  audio: z.null().optional(),
  prediction: z.null().optional(),
  web_search_options: z.null().optional(),
  best_of: z.literal(1).nullish(),
  echo: z.literal(false).nullish(),
  suffix: z.literal('').nullish(),
};

/** @throws ApiError that names the first parameter that does not fit */
export function parsedBody<Body>(schema: z.ZodType<Body>, body: unknown): Body {
  const { success, data, error } = schema.safeParse(body);
  if (success) return data;
  const [issue] = error.issues;
  if (issue!.code === 'unrecognized_keys' && issue!.path.length === 0) {
    const [name] = issue!.keys;
    throw refused(`There is no parameter "${name}" here.`, 'unknown_parameter', name);
  }
  const param = issue!.path.reduce<string>(
    (name, part) => (typeof part === 'number' ? `${name}[${part}]` : `${name}${name && '.'}${String(part)}`),
    '',
  );
  if (Object.hasOwn(unsupported, param)) {
    throw refused(`This server does not do what "${param}" asks for.`, 'unsupported_value', param);
  }
  throw refused(
    `"${param || 'the body'}" does not fit: ${issue!.message}.`,
    'invalid_value',
    param || undefined,
  );
}

type Heeded = z.infer<z.ZodObject<typeof heeded>>;

/**
 * @param wanted how many tokens the request asks for, at most
 * @param header the conversation that a header names
 */
export function orderOf(
  body: Heeded,
  wanted: number,
  { mostTokens, conversation: header }: OrderTerms,
): Order {
  const { model, stream, stream_options, temperature, top_p, top_k, min_p, seed, stop, metadata } = body;
  const conversation = header ?? metadata?.conversation_id;
  if (conversation !== undefined && (conversation === '' || conversation.length > 512)) {
    throw refused(
      'The id of a conversation has 1 to 512 characters.',
      'invalid_value',
      'metadata.conversation_id',
    );
  }
  return {
    model,
    stream: stream ?? false,
    includeUsage: stream_options?.include_usage ?? false,
    conversation,
    options: {
      maxTokens: Math.min(wanted, mostTokens),
      temperature: temperature ?? 1,
      topP: top_p ?? undefined,
      topK: top_k ?? undefined,
      minP: min_p ?? undefined,
      repetitionPenalty: body.repetition_penalty ?? undefined,
      seed: seed ?? undefined,
      stop: stop ?? undefined,
    },
  };
}

export interface OrderTerms {
  /** Tokens of a reply, at most, whatever is asked for. */
  mostTokens: number;
  /** As a header names it. */
  conversation: string | undefined;
}
