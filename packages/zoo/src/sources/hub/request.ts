/** Requests to the Hub, or to what speaks like it: patient where that helps, and clear where it does not. */
import { CheckpointError } from '@famjs/backends';
import { brokenOff, discard } from '../http.ts';
import { pause, pauseBefore, tries } from '../patience.ts';
import type { HubOptions } from '../source.ts';

export interface HubAccess {
  /** Without a slash at its end. */
  endpoint: string;
  /** Sent to the endpoint alone. */
  token?: string | undefined;
  signal?: AbortSignal | undefined;
  /** How often a server that is not reached is tried; as often as one that fails unless given. */
  connects?: number;
}

/** @param hub empty where nothing is said of it */
export function accessTo({ endpoint, token }: HubOptions, signal: AbortSignal | undefined): HubAccess {
  const server = (endpoint || 'https://huggingface.co').replace(/\/+$/, '');
  return { endpoint: server, token: token || undefined, signal };
}

/** Seconds that a server may ask us to wait. */
const longestPause = 300;

/**
 * The answer to a request. What may pass is tried again: a server that is asked too often says when, one that fails gets some time.
 *
 * @throws CheckpointError with what to do when the answer is no
 */
export async function hubAnswer(
  url: URL,
  headers: Readonly<Record<string, string>>,
  access: HubAccess,
): Promise<Response> {
  const { token, signal, connects = tries } = access;
  const authorization = token && { authorization: `Bearer ${token}` };
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(url, {
      headers: { ...headers, ...authorization },
      ...(signal && { signal }),
    }).catch((cause) => {
      if (signal?.aborted || attempt === connects) throw brokenOff(url.href, cause, signal);
      return undefined;
    });
    if (response?.ok) return response;
    if (response) await discard(response);
    const passes = !response || response.status === 429 || response.status >= 500;
    const seconds = response && secondsAskedFor(response);
    if (response && (!passes || attempt === tries || (seconds ?? 0) > longestPause)) {
      throw refusal(url, response, token !== undefined);
    }
    await pause(seconds === undefined ? pauseBefore(attempt) : seconds * 1000, signal);
  }
}

/** `retry-after`: seconds or a date. */
function secondsAskedFor({ headers }: Response): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

function refusal(url: URL, { status, statusText, headers }: Response, hasToken: boolean): CheckpointError {
  const code = headers.get('x-error-code');
  const [expected, remedy] = meaningOf(status, code, hasToken);
  const said = [statusText, code].filter(Boolean).join(', ');
  return new CheckpointError({
    wrong: `${url} was answered with ${status}${said && ` (${said})`}.`,
    expected,
    remedy,
  });
}

function meaningOf(
  status: number,
  code: string | null,
  hasToken: boolean,
): [expected: string, remedy: string] {
  if (code === 'GatedRepo' || status === 403) {
    return [
      'a model or dataset that you have access to.',
      'accept its terms on its page of the Hub, and set HF_TOKEN to a token of yours.',
    ];
  }
  if (status === 401) {
    const remedy = hasToken
      ? 'check HF_TOKEN: it is not accepted, or does not reach this repository.'
      : 'check the name; if it is private, set HF_TOKEN to a token that may read it.';
    return ['the name of a model or dataset that everybody may read, or a token.', remedy];
  }
  if (code === 'RevisionNotFound')
    return ['a branch, tag or commit of the repository.', 'correct what stands after @.'];
  if (status === 404)
    return [
      'a model or dataset of the Hub, as owner/name.',
      'check the name for slips, or the path if you mean a folder.',
    ];
  if (status === 429)
    return ['fewer requests.', 'wait some minutes, or set HF_TOKEN: more are allowed then.'];
  return ['the file.', 'try again later.'];
}
