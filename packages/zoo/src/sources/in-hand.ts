/** Files that someone has already: chosen in a page, dropped on it, or in memory. */
import { CheckpointError, require } from '@famjs/backends';
import type { LoadOptions, ModelSource } from './source.ts';

/** Files as an `<input type="file">` gives them, or contents by file name. */
export type FilesInHand = Iterable<File> | Readonly<Record<string, Uint8Array | Blob>>;

/** The source of `files`; of `File`s of a chosen folder the last part of their path counts. */
export function inHandSource(files: FilesInHand, { onProgress, signal }: LoadOptions = {}): ModelSource {
  const named = new Map<string, Uint8Array | Blob>(
    Symbol.iterator in files
      ? Array.from(files as Iterable<File>, (file) => [file.name, file])
      : Object.entries(files),
  );
  for (const [name, content] of named) {
    require(content instanceof Uint8Array || content instanceof Blob, CheckpointError, () => ({
      wrong: `The content of ${name} is ${typeof content === 'object' ? 'no file' : `of type ${typeof content}`}.`,
      expected: 'files (File), or an object of Uint8Array or Blob by file name.',
      remedy: 'pass the files of the model, such as input.files.',
    }));
  }
  return {
    place: 'the files given',
    async read(name) {
      signal?.throwIfAborted();
      const content = named.get(name);
      if (content === undefined) return undefined;
      const bytes = content instanceof Uint8Array ? content : new Uint8Array(await content.arrayBuffer());
      onProgress?.({ file: name, loaded: bytes.length, total: bytes.length });
      return bytes;
    },
  };
}
