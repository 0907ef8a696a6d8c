/** Errors as clients of OpenAI's API read them: a status, and a body that says what, of which kind, and by which parameter. */
import {
  ChatTemplateError,
  ConfigError,
  DisposedError,
  FamError,
  ShapeError,
  TokenError,
} from '@famjs/backends/errors';

export interface ApiErrorFacts {
  status: number;
  code: string;
  /** The parameter of the request that is to blame. */
  param?: string | undefined;
  headers?: Record<string, string>;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly facts: ApiErrorFacts;

  constructor(message: string, facts: ApiErrorFacts, options?: ErrorOptions) {
    super(message, options);
    this.facts = facts;
  }
}

/** @param param the parameter that is to blame, if it is one */
export const refused = (message: string, code: string, param?: string) =>
  new ApiError(message, { status: 400, code, param });

export const shuttingDown = () =>
  new ApiError('The server is shutting down.', { status: 503, code: 'shutting_down' });

/** What is wrong with a request although it could be read: its messages, its text, its numbers. */
const requestErrors = [ChatTemplateError, ConfigError, ShapeError, TokenError];

/** An error as it is answered. What nobody foresaw is for the log, not for the client. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof DisposedError) return shuttingDown();
  if (!(error instanceof FamError)) {
    return new ApiError('The server failed; its log says more.', { status: 500, code: 'failure' });
  }
  const isRequest = requestErrors.some((kind) => error instanceof kind);
  return new ApiError(error.message, { status: isRequest ? 400 : 500, code: error.name }, { cause: error });
}

/** The body of an error. */
export function errorBody({ message, facts: { status, code, param } }: ApiError) {
  const type = status === 429 ? 'rate_limit_error' : status >= 500 ? 'server_error' : 'invalid_request_error';
  return { error: { message, type, param: param ?? null, code } };
}
