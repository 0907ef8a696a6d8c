/** An answer on its way to the client: as one body, or as events that come with the text. */
import type { ServerResponse } from 'node:http';
import { apiErrorOf, errorBody } from './api-error.ts';
import type { Reply } from './conversation.ts';
import type { Dialect } from './dialects.ts';

export interface AnswerTerms {
  dialect: Dialect;
  model: string;
  /** Names the weights and configuration behind an answer. */
  fingerprint: string;
  stream: boolean;
  includeUsage: boolean;
}

/** What an answer took. */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  /** Of them those that the conversation held already. */
  prompt_tokens_details: { cached_tokens: number };
}

/** Sends it all, as it comes. What breaks off a stream is its last event, for its status has been sent. */
export async function answer(
  response: ServerResponse,
  reply: Reply,
  { dialect, model, fingerprint, stream, includeUsage }: AnswerTerms,
): Promise<Usage> {
  const head = (object: string) => ({
    id,
    object,
    created,
    model,
    system_fingerprint: `fp_${fingerprint.slice(0, 12)}`,
  });
  const [id, created] = [dialect.id(), Math.floor(Date.now() / 1000)];
  const events = stream ? eventsTo(response) : undefined;
  const chunk = (choice: object | undefined, usage: Usage | null = null) =>
    events?.send({
      ...head(dialect.chunk),
      choices: choice ? [choice] : [],
      ...(includeUsage && { usage }),
    });

  if (dialect.opening) chunk(dialect.opening);
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reply.texts.next();
      if (!done) {
        if (stream) chunk(dialect.piece(value));
        else text += value;
        continue;
      }
      const { ended, promptTokens, tokens } = value!;
      const usage = usageOf(reply.held, promptTokens, tokens);
      const finish = ended === 'length' ? 'length' : 'stop';
      if (events) {
        chunk(dialect.end(finish));
        if (includeUsage) chunk(undefined, usage);
        events.end('[DONE]');
      } else {
        sendJson(response, 200, { ...head(dialect.object), choices: [dialect.whole(text, finish)], usage });
      }
      return usage;
    }
  } catch (error) {
    events?.end(JSON.stringify(errorBody(apiErrorOf(error))));
    throw error;
  }
}

function usageOf(held: number, read: number, written: number): Usage {
  return {
    prompt_tokens: held + read,
    completion_tokens: written,
    total_tokens: held + read + written,
    prompt_tokens_details: { cached_tokens: held },
  };
}

/** Server-sent events. A client that reads slowly holds nobody up: what it has not read yet waits for it here. */
function eventsTo(response: ServerResponse) {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no', // Proxies would wait for more.
  });
  return {
    send: (data: object) => void response.write(`data: ${JSON.stringify(data)}\n\n`),
    end: (data: string) => void response.end(`data: ${data}\n\n`),
  };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    ...headers,
  });
  response.end(bytes);
}
