/** Who may speak to the server: those with the key, by a name of this machine, and pages of origins that were named. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from './api-error.ts';

export interface AccessTerms {
  /** Which requests must carry, if there is one. */
  key?: string | undefined;
  /** Where the server listens. */
  host: string;
  /** Origins whose pages may call; `*` for all. */
  origins: readonly string[];
}

const loopback = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i;

export const isLoopback = (host: string): boolean => loopback.test(host);

/**
 * @throws ApiError with status 401 without the key, 403 where the request was sent to another name: a page of another site that
 *   has its name lead to this machine
 */
export function requireAccess({ headers }: IncomingMessage, { key, host }: AccessTerms): void {
  const name = (headers.host ?? '').replace(/:\d+$/, '');
  if (isLoopback(host) && !isLoopback(name)) {
    throw new ApiError(`This server is not "${name}".`, { status: 403, code: 'unknown_host' });
  }
  if (key === undefined) return;
  const [, given] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? [];
  if (given === undefined || !timingSafeEqual(digest(given), digest(key))) {
    throw new ApiError('The API key is missing or wrong: send it as Authorization: Bearer KEY.', {
      status: 401,
      code: 'invalid_api_key',
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Lets pages of named origins read what is answered. */
export function allowOrigin(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { origins }: AccessTerms,
): void {
  const { origin } = headers;
  if (origin === undefined || !(origins.includes('*') || origins.includes(origin))) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('vary', 'origin');
  const asked = headers['access-control-request-headers'];
  if (asked === undefined) return;
  response.setHeader('access-control-allow-headers', asked);
  response.setHeader('access-control-allow-methods', 'GET, POST');
  response.setHeader('access-control-max-age', '600');
}
