/** Files of one save: those that fam.json lists, each with the digest that it has there. */
import { CheckpointError, require } from '@famjs/backends';
import { sha256 } from '../digest.ts';
import { type DigestedFile, digested } from './digested.ts';
import type { ModelSource } from './source.ts';

/**
 * The source without files of other saves: what may be missing is listed or not there. Files that are read in parts are
 * known to be the right ones when `finish` has returned.
 *
 * @param digests SHA-256 by file name
 */
export function ofOneSave(source: ModelSource, digests: Readonly<Record<string, string>>): ModelSource {
  const opened: [string, DigestedFile][] = [];
  const requireDigest = (name: string, digest: string) =>
    require(Object.hasOwn(digests, name) && digests[name] === digest, CheckpointError, () => ({
      wrong: `${name} in ${source.place} is not the file that was saved with fam.json there.`,
      expected: 'files of one save, as they were written.',
      remedy: `fetch or save the model again; where ${name} was changed on purpose, remove "files" from fam.json.`,
    }));
  return {
    ...source,
    async read(name) {
      const bytes = await source.read(name);
      if (bytes) requireDigest(name, await sha256(bytes));
      return bytes;
    },
    async open(name) {
      const file = await source.open(name);
      if (!file) return undefined;
      if (!Object.hasOwn(digests, name)) requireDigest(name, '');
      const known = digested(file);
      opened.push([name, known]);
      return known;
    },
    async finish() {
      for (const [name, file] of opened) requireDigest(name, await file.digest());
      await source.finish?.();
    },
  };
}
