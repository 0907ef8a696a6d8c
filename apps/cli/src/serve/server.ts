/** The HTTP server: OpenAI's chat and completion API over one model. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '@famjs/backends/errors';
import type { GenerateOptions } from '@famjs/zoo';
import { type AccessTerms, allowOrigin, requireAccess } from './access.ts';
import { answer, sendJson, type Usage } from './answer.ts';
import { ApiError, apiErrorOf, errorBody, shuttingDown } from './api-error.ts';
import { bodyOf } from './body.ts';
import { type Conversation, disposeConversation, type Reply, replyTo, writeOn } from './conversation.ts';
import { conversationsOf, type KeepOptions } from './conversations.ts';
import { chatDialect, completionDialect, type Dialect } from './dialects.ts';
import { lineOf } from './line.ts';
import type { ServedModel } from './model.ts';
import type { Order, OrderTerms } from './parameters.ts';
import { chatOrder, completionOrder } from './requests.ts';

export interface ServerOptions extends AccessTerms, Omit<KeepOptions, 'warn'> {
  /** 0 takes one that is free. */
  port: number;
  /** Requests that wait for the model, at most. */
  queue: number;
  /** Bytes of a request, at most. */
  mostBytes: number;
  /** Tokens of a reply, at most. */
  mostTokens: number;
  /** Told of each answer, in a line. */
  log(line: string): void;
  /** Told of what went wrong and is not the client's doing. */
  warn(error: unknown): void;
}

export interface RunningServer {
  /** Base URL of the API, as clients are given it. */
  url: string;
  /** Takes no more requests, ends what runs after so many seconds, and saves the conversations. */
  close(grace: number): Promise<void>;
}

/** What becomes of a request, in a few words for the log. */
interface Outcome {
  status: number;
  usage?: Usage | undefined;
}

/**
 * Serves a model until it is closed. The model stays the caller's.
 *
 * @throws ConfigError where it cannot listen
 */
export async function serve(model: ServedModel, options: ServerOptions): Promise<RunningServer> {
  const { host, port, queue, mostBytes, mostTokens, log, warn } = options;
  const fingerprint = await model.fingerprint();
  const conversations = await conversationsOf(model, options);
  const line = lineOf(queue);
  const running = new Map<AbortController, Promise<void>>();
  const begun = Math.floor(Date.now() / 1000);
  let closing = false;

  const facts = { id: model.name, object: 'model', created: begun, owned_by: 'famjs' };
  const requireModel = (name: string) => {
    if (name === model.name) return;
    throw new ApiError(`There is no model "${name}" here; this server has "${model.name}".`, {
      ...{ status: 404, code: 'model_not_found', param: 'model' },
    });
  };

  /** Does an order in the conversation that it names, or in one that ends with it. */
  const within = async <Result>(
    id: string | undefined,
    work: (conversation: Conversation) => Promise<Result>,
  ): Promise<Result> => {
    const conversation = id === undefined ? {} : await conversations.take(id);
    try {
      return await work(conversation);
    } finally {
      if (id === undefined) disposeConversation(conversation);
      else conversations.putBack(id, conversation);
    }
  };

  const write = async <Asked extends Order>(
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
    read: (body: unknown, terms: OrderTerms) => Asked,
    dialect: Dialect,
    begin: (order: Asked, conversation: Conversation, options: GenerateOptions) => Promise<Reply>,
  ): Promise<Outcome> => {
    const header = request.headers['x-conversation-id'];
    const body = await bodyOf(request, mostBytes);
    const order = read(body, { mostTokens, conversation: header?.toString() });
    requireModel(order.model);
    const { stream, includeUsage } = order;
    const terms = { dialect, model: model.name, fingerprint, stream, includeUsage };
    const usage = await line.pass(signal, () =>
      within(order.conversation, async (conversation) =>
        answer(response, await begin(order, conversation, { ...order.options, signal }), terms),
      ),
    );
    return { status: 200, usage };
  };

  const handle = async (
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    allowOrigin(request, response, options);
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return { status: 204 };
    }
    requireAccess(request, options);
    if (closing) throw shuttingDown();
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    switch (`${request.method} ${pathname}`) {
      case 'GET /v1/models':
        sendJson(response, 200, { object: 'list', data: [facts] });
        return { status: 200 };
      case 'POST /v1/chat/completions':
        return write(request, response, signal, chatOrder, chatDialect, ({ messages }, conversation, how) =>
          replyTo(conversation, model, messages, how),
        );
      case 'POST /v1/completions':
        return write(
          request,
          response,
          signal,
          completionOrder,
          completionDialect,
          ({ prompt }, conversation, how) => writeOn(conversation, model, prompt, how),
        );
    }
    const [, name] = /^\/v1\/models\/(.+)$/.exec(pathname) ?? [];
    if (request.method === 'GET' && name !== undefined) {
      requireModel(decodeURIComponent(name));
      sendJson(response, 200, facts);
      return { status: 200 };
    }
    throw new ApiError(`There is no ${request.method} ${pathname} here.`, {
      status: 404,
      code: 'unknown_url',
    });
  };

  /** What became of a request that failed; the client is told, where it is still there and has not been told. */
  const failed = (
    error: unknown,
    request: IncomingMessage,
    response: ServerResponse,
    left: boolean,
  ): Outcome => {
    if (left || (!request.complete && !(error instanceof ApiError))) return { status: 499 };
    const apiError = apiErrorOf(error);
    const { status, headers } = apiError.facts;
    if (status >= 500 && status !== 503) warn(error);
    if (!response.headersSent) sendJson(response, status, errorBody(apiError), headers);
    request.resume(); // What it still sends is read past, so that it reads the answer.
    return { status };
  };

  const server = createServer((request, response) => {
    const controller = new AbortController();
    let left = false;
    response.once('close', () => {
      left = !response.writableFinished;
      controller.abort();
    });
    const began = performance.now();
    const work = handle(request, response, controller.signal)
      .catch((error) => failed(error, request, response, left))
      .then(({ status, usage }) => {
        const seconds = ((performance.now() - began) / 1000).toFixed(1);
        const outcome = status === 499 ? 'left' : status;
        log(`${request.method} ${request.url} ${outcome}${usage ? tokensOf(usage) : ''} · ${seconds} s`);
      })
      .finally(() => running.delete(controller));
    running.set(controller, work);
  });
  await listening(server.listen(port, host), host, port);
  const { address, family, port: taken } = server.address() as AddressInfo;

  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}/v1`,
    async close(grace) {
      closing = true;
      const closed = once(server, 'close');
      server.close();
      const stop = () => {
        for (const controller of running.keys()) controller.abort(shuttingDown());
      };
      const timer = setTimeout(stop, grace * 1000);
      await Promise.all(running.values());
      clearTimeout(timer);
      server.closeAllConnections();
      await closed;
      await conversations.close();
    },
  };
}

const tokensOf = ({ prompt_tokens, completion_tokens, prompt_tokens_details }: Usage) =>
  ` · ${prompt_tokens} tokens, ${prompt_tokens_details.cached_tokens} of them held, + ${completion_tokens}`;

/** @throws ConfigError where it cannot listen */
async function listening(server: Server, host: string, port: number): Promise<void> {
  try {
    await once(server, 'listening');
  } catch (cause) {
    const complaint = {
      wrong: `Cannot listen on port ${port} of ${host} (${(cause as Error).message}).`,
      expected: 'an address of this machine, and a port that is free.',
      remedy: 'end what listens there, or choose another: --port 0 takes any that is free.',
    };
    throw new ConfigError(complaint, { cause });
  }
}
