/** Where the files of a model lie: on a disk, behind a URL, in a page's hands. A format reads them and never knows which. */

export interface ModelSource {
  /** The place, as errors call it. */
  place: string;
  /** The bytes of the file of this name, or undefined when there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
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

export interface LoadOptions {
  onProgress?: (progress: LoadProgress) => void;
  /** Ends the loading with the signal's reason; no tensors are left behind. */
  signal?: AbortSignal;
}

/** The last part of a place: what a model is called that was found there. */
export function nameOf(place: string): string {
  return place.split(/[\\/]/).filter(Boolean).at(-1) ?? place;
}
