/** Where the files of a model lie: on a disk, behind a URL, in a page's hands. A format reads them and never knows which. */

import { CheckpointError, require } from '@famjs/backends';
import type { WeightDtype } from '../dtype.ts';

/** A file of which parts can be read. */
export interface SourceFile {
  /** Bytes of the file. */
  readonly size: number;
  /**
   * Its bytes from `from` on, before `to`; 0 ≤ from ≤ to ≤ size. Reading on where the last read ended is cheapest.
   *
   * @throws CheckpointError when they do not arrive, all of them
   */
  read(from: number, to: number): Promise<Uint8Array>;
}

/** Whether the files of a model are wanted, those that are added to one, or the texts of a dataset. */
export type SourceKind = 'model' | 'addition' | 'data';

export interface ModelSource {
  /** The place, as errors call it. */
  place: string;
  /** Names of the GGUF files that are known to lie there. */
  ggufs: readonly string[];
  /** The bytes of the file of this name, or undefined when there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** The file of this name to be read in parts, or undefined when there is none. */
  open(name: string): Promise<SourceFile | undefined>;
  /** Reads what is left of the files that must be known whole. @throws CheckpointError when one is not what it should be */
  finish?(): Promise<void>;
  /** Ends what is still open. */
  close(): void;
}

/** How far a file has come. */
export interface LoadProgress {
  /** Name of the file. */
  file: string;
  /** Bytes so far. */
  loaded: number;
  /** Bytes in all; undefined where the source does not say. */
  total: number | undefined;
}

/** Which Hub is asked, and as whom. */
export interface HubOptions {
  /** A server that speaks the Hub's API; HF_ENDPOINT in Node, and https://huggingface.co unless given. */
  endpoint?: string | undefined;
  /** A token that may read the model; HF_TOKEN in Node unless given. */
  token?: string | undefined;
}

export interface LoadOptions {
  /**
   * How the model's matrices are held. Unless given, a GGUF file's are as it has them, and others in float32. What a GGUF file has
   * quantised is never rounded again: another of the smaller dtypes is refused.
   */
  dtype?: WeightDtype | undefined;
  /**
   * Whether what comes from the Hub, and in a page from a URL, is kept for the next time: in Node in the Hub's cache, in a page in the
   * file system of its origin (OPFS), where there is one. True unless given. With false it is read over the line, unless Node's cache
   * has all of it already.
   */
  keep?: boolean | undefined;
  hub?: HubOptions | undefined;
  onProgress?: (progress: LoadProgress) => void;
  /** Ends the loading with the signal's reason; no tensors are left behind. */
  signal?: AbortSignal;
}

/** The last part of a place: what a model is called that was found there. */
export function nameOf(place: string): string {
  return place.split(/[\\/]/).filter(Boolean).at(-1) ?? place;
}

export const isGguf = (name: string): boolean => /\.gguf$/i.test(name);

/** Bytes of a file that is read whole: a configuration, a vocabulary. */
const mostAtOnce = 100_000_000;

/** @throws CheckpointError when a file that is to be read whole is, or has become, larger than any such file is */
export function requireReadable(file: string, size: number): void {
  require(size <= mostAtOnce, CheckpointError, () => ({
    wrong: `${file} has ${size} bytes or more.`,
    expected: `at most ${mostAtOnce} of what is no weights; the largest tokenizers have a third of that.`,
    remedy: 'fetch the model from where you trust it.',
  }));
}

/** A source of files that can be opened, of which each says how far it was read. */
export function sourceOf(
  place: string,
  ggufs: readonly string[],
  find: (name: string) => Promise<SourceFile | undefined>,
  { onProgress, signal }: LoadOptions,
): ModelSource {
  const open = async (name: string): Promise<SourceFile | undefined> => {
    signal?.throwIfAborted();
    const file = await find(name);
    if (!file) return undefined;
    let loaded = 0;
    return {
      size: file.size,
      async read(from, to) {
        signal?.throwIfAborted();
        const bytes = await file.read(from, to);
        if (to > loaded || to === file.size) {
          loaded = Math.max(loaded, to);
          onProgress?.({ file: name, loaded, total: file.size });
        }
        return bytes;
      },
    };
  };
  return {
    place,
    ggufs,
    open,
    async read(name) {
      const file = await open(name);
      if (file) requireReadable(`${name} in ${place}`, file.size);
      return file?.read(0, file.size);
    },
    close: () => {},
  };
}
