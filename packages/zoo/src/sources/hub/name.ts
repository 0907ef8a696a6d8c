/** How a model or a dataset of the Hugging Face Hub is called: owner/name, with a revision and a file of it where one says so. */
import type { SourceKind } from '../source.ts';

export interface HubName {
  /** owner/name */
  repo: string;
  /** A branch, a tag or a commit. */
  revision: string;
  /** The GGUF file that is meant; of a dataset, what the paths of its files begin with. */
  file: string | undefined;
  /** What of it is meant: a model where there is one, unless said. */
  kind?: SourceKind;
}

const part = '[A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9])?';
const pattern = new RegExp(`^(${part}/${part})(?:/([\\w./ -]+\\.gguf))?(?:@([\\w./-]+))?$`, 'i');

const ofData = new RegExp(`^(${part}/${part})(?:/([^@\\\\]+))?(?:@([\\w./-]+))?$`, 'i');

/** `owner/name`, `owner/name@revision`, `owner/name/file.gguf`, or undefined for what is no such name. */
export const hubName = (text: string): HubName | undefined => nameBy(pattern, text);

/** `owner/name`, `owner/name@revision`, `owner/name/path` of files that are meant, or undefined for what is no such name. */
export function datasetName(text: string): HubName | undefined {
  const name = nameBy(ofData, text);
  return name && { ...name, kind: 'data' };
}

function nameBy(pattern: RegExp, text: string): HubName | undefined {
  const [, repo, file, revision = 'main'] = pattern.exec(text) ?? [];
  const sound = repo && ![file, revision].some((path) => path?.split('/').some(isDots));
  return sound ? { repo, revision, file } : undefined;
}

/** The parts by which a path leaves its folder. */
const isDots = (name: string) => name === '' || name === '.' || name === '..';
