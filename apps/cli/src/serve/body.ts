/** The body of a request: JSON of a bounded size. */
import type { IncomingMessage } from 'node:http';
import { ApiError, refused } from './api-error.ts';

/** @throws ApiError with status 413 beyond `most` bytes, 415 for what does not say that it is JSON, 400 for what is none */
export async function bodyOf(request: IncomingMessage, most: number): Promise<unknown> {
  // Pages of other sites can send everything else without being asked whether they may.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    throw new ApiError('The body must be application/json.', { status: 415, code: 'unsupported_media_type' });
  }
  const chunks: Buffer[] = [];
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge(most);
  let size = 0;
  // A stream that is destroyed when the loop is left would take the answer's socket with it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) throw tooLarge(most);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw refused('The body is no JSON.', 'invalid_json');
  }
}

const tooLarge = (most: number) =>
  new ApiError(`The body has more than ${most} bytes.`, {
    status: 413,
    code: 'body_too_large',
    headers: { connection: 'close' },
  });
