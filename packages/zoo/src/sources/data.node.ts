/** Files of texts and examples: of a disk, behind a URL, or of a dataset of the Hub. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CheckpointError, require } from '@famjs/backends';
import { openFileIfAny } from './disk.ts';
import { kindOfPath } from './folder.ts';
import { pullFromHub } from './hub/hub.node.ts';
import { datasetName, type HubName } from './hub/name.ts';
import { isData } from './hub/needed-files.ts';
import { bytesFile } from './in-hand.ts';
import { type Line, openRanged } from './ranged.ts';
import type { LoadOptions, SourceFile } from './source.ts';

/** A file of data. */
export interface DataFile {
  /** How errors call it; its ending says what it holds. */
  name: string;
  /** @throws CheckpointError when it is gone, or does not arrive */
  open(): Promise<SourceFile>;
}

export interface DataOptions extends Pick<LoadOptions, 'hub' | 'onProgress' | 'signal'> {
  /** From where paths are looked up; where the process runs unless given. */
  folder?: string | undefined;
}

/**
 * The files of a place: one file; the `.txt`, `.jsonl` and `.parquet` files of a folder, in the order of their names; one behind a URL; or those of
 * a dataset of the Hub (`owner/name`, `owner/name@revision`, `owner/name/path`), which are kept in its cache as models are.
 *
 * @throws CheckpointError when there is nothing there, or it is not to be had
 * @throws StorageError when a dataset has no room
 */
export async function dataFiles(place: string, options: DataOptions = {}): Promise<DataFile[]> {
  const url = /^[a-z][a-z+.-]+:/i.test(place) && URL.canParse(place) ? new URL(place) : undefined;
  if (url && url.protocol !== 'file:') return [behind(url, options)];
  const file = url ? fileURLToPath(url) : path.resolve(options.folder ?? '', place);
  const kind = await kindOfPath(file);
  if (kind === 'folder') return filesOfFolder(file);
  const dataset = kind || url ? undefined : datasetName(place);
  return dataset ? filesOfDataset(dataset, options) : [onDisk(file)];
}

/** A file of a disk; one that is not there is told when it is opened. */
const onDisk = (file: string, name = file): DataFile => ({
  name,
  async open() {
    const found = await openFileIfAny(file);
    require(found, CheckpointError, () => ({
      wrong: `There is no file ${name}.`,
      expected: 'a file, a folder, a URL, or owner/name of a dataset of the Hub.',
      remedy: 'correct the path.',
    }));
    return found as SourceFile;
  },
});

async function filesOfFolder(folder: string): Promise<DataFile[]> {
  const names = (await readdir(folder, { recursive: true })).filter(isData).sort();
  require(names.length > 0, CheckpointError, () => ({
    wrong: `There is no .txt, .jsonl or .parquet file in ${folder}.`,
    expected: 'texts, or examples a line or a row.',
    remedy: 'name the folder that holds them.',
  }));
  return names.map((name) => onDisk(path.join(folder, name)));
}

async function filesOfDataset(
  dataset: HubName,
  { hub, onProgress, signal }: DataOptions,
): Promise<DataFile[]> {
  const { folder, files } = await pullFromHub(dataset, { hub, signal, ...(onProgress && { onProgress }) });
  return files.map((name) => onDisk(path.join(folder, name), `${dataset.repo}/${name}`));
}

/** Read from its beginning to its end, so that servers without ranges do, and a line that breaks is gone on with. */
const behind = (url: URL, { onProgress, signal }: DataOptions): DataFile => ({
  name: url.href,
  async open() {
    const line: Line = { close: () => {} };
    try {
      const options = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
      const file = await openRanged(url, url.pathname.split('/').at(-1)!, options, line);
      require(file, CheckpointError, () => ({
        wrong: `There is no file at ${url}.`,
        expected: 'a text, lines of JSON (.jsonl) or a .parquet file.',
        remedy: 'correct the address.',
      }));
      return bytesFile(await file!.read(0, file!.size));
    } finally {
      line.close();
    }
  },
});
