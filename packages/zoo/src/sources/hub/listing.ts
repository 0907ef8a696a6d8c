/** What the Hub's API says of a repository: the commit that a revision is, its files with their sizes and hashes. */
import { CheckpointError, require } from '@famjs/backends';
import * as z from 'zod';
import { parsed } from '../../parsed.ts';
import type { Hash } from '../hash.ts';
import type { HubName } from './name.ts';
import { type HubAccess, hubAnswer } from './request.ts';

export interface HubFile {
  name: string;
  /** Bytes. */
  size: number;
  /** SHA-256 of a large file, git's of a small one. */
  hash: Hash;
}

export interface HubListing {
  /** 40 hexadecimal digits. */
  commit: string;
  files: readonly HubFile[];
}

const size = z.int().min(0);
/** Whether a path stays below the folder that it is put in, on every system. */
const isInside = (path: string) =>
  path.split('/').every((part) => !['', '.', '..'].includes(part) && !/[\\:\0]/.test(part));

const schema = z.looseObject({
  sha: z.string().regex(/^[0-9a-f]{40}$/, 'is no commit'),
  siblings: z
    .array(
      z.looseObject({
        rfilename: z.string().refine(isInside, 'is no path below the repository'),
        size: size.optional(),
        blobId: z
          .string()
          .regex(/^[0-9a-f]{40}$/, 'is no hash of git')
          .optional(),
        lfs: z.looseObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256'), size }).nullish(),
      }),
    )
    .max(100_000),
});

/** @throws CheckpointError when the Hub refuses, is not reached, or answers with something else */
export async function hubListing({ repo, revision, kind }: HubName, access: HubAccess): Promise<HubListing> {
  const of = kind === 'data' ? 'datasets' : 'models';
  const url = new URL(
    `${access.endpoint}/api/${of}/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`,
  );
  const response = await hubAnswer(url, {}, access);
  const answer = await response.json().catch((cause) => {
    if (access.signal?.aborted) throw access.signal.reason;
    throw notUnderstood(url, (cause as Error).message);
  });
  const what = `The answer of ${url.host} about ${repo}`;
  const { sha, siblings } = parsed(
    schema,
    answer,
    what,
    CheckpointError,
    'a commit and its files.',
    tryAgain,
  );
  const files = siblings.map(({ rfilename: name, size, blobId, lfs }): HubFile => {
    const hash = lfs
      ? ({ kind: 'sha256', hex: lfs.sha256 } as const)
      : ({ kind: 'git', hex: blobId ?? '' } as const);
    const bytes = lfs?.size ?? size;
    require(bytes !== undefined && hash.hex, CheckpointError, () =>
      notUnderstood(url, `${name} has no size or hash`).complaint);
    return { name, size: bytes as number, hash };
  });
  return { commit: sha, files };
}

const tryAgain = 'try again later; check HF_ENDPOINT if it is set.';

function notUnderstood(url: URL, why: string): CheckpointError {
  return new CheckpointError({
    wrong: `${url} is not answered as the Hub does (${why}).`,
    expected: 'a commit and its files, in JSON.',
    remedy: tryAgain,
  });
}
