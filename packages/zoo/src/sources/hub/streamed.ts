/** Models of the Hub that are not kept: read over the line as they are needed, and checked as they come. */
import { CheckpointError, require } from '@famjs/backends';
import { type DigestedFile, digested } from '../digested.ts';
import { type Line, openRanged } from '../ranged.ts';
import type { LoadOptions, ModelSource } from '../source.ts';
import { filesOfHub, hubUrl, neededOf } from './hub.ts';
import type { HubFile, HubListing } from './listing.ts';
import type { HubName } from './name.ts';
import type { HubAccess } from './request.ts';

/** @throws CheckpointError where a file is opened or read: when it is not to be had, or comes other than the Hub announced it */
export function streamedHubSource(
  name: HubName,
  listing: HubListing,
  access: HubAccess,
  { onProgress, signal }: LoadOptions,
): ModelSource {
  const needed = neededOf(name, listing);
  const headers = access.token ? { authorization: `Bearer ${access.token}` } : {};
  const line: Line = { close: () => {} };
  const opened: [HubFile, DigestedFile][] = [];

  async function open(fileName: string): Promise<DigestedFile | undefined> {
    const file = needed.find((file) => file.name === fileName)!;
    const url = hubUrl(name, listing, file, access);
    const options = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
    const there = await openRanged(url, file.name, options, line, headers);
    require(there?.size === file.size, CheckpointError, () => ({
      wrong: `${url} has ${there ? `${there.size} bytes` : 'nothing'}.`,
      expected: `the ${file.size} bytes that the Hub has for ${file.name}.`,
      remedy: 'try again later; if it stays so, something between here and the Hub changes files.',
    }));
    const known = digested(there!, file.hash.kind);
    opened.push([file, known]);
    return known;
  }

  const source = filesOfHub(
    name,
    needed.map((file) => file.name),
    open,
    signal ? { signal } : {},
  );
  return {
    ...source,
    async finish() {
      for (const [file, known] of opened) {
        require((await known.digest()) === file.hash.hex, CheckpointError, () => ({
          wrong: `${file.name} of ${name.repo} has not the hash that the Hub has for it.`,
          expected: `content with the ${file.hash.kind === 'git' ? 'git hash' : 'SHA-256'} ${file.hash.hex}.`,
          remedy: 'try again later; if it stays so, something between here and the Hub changes files.',
        }));
      }
    },
    close: () => line.close(),
  };
}
