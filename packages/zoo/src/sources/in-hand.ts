/** Files that someone has already: chosen in a page, dropped on it, or in memory. */
import { CheckpointError, require } from '@famjs/backends';
import { isGguf, type LoadOptions, type ModelSource, type SourceFile, sourceOf } from './source.ts';

/** Files as an `<input type="file">` gives them, one of them, or contents by file name. */
export type FilesInHand = File | Iterable<File> | Readonly<Record<string, Uint8Array | Blob>>;

/** The source of `files`; of `File`s of a chosen folder the last part of their path counts. */
export function inHandSource(files: FilesInHand, options: LoadOptions = {}): ModelSource {
  const named = new Map<string, Uint8Array | Blob>(namedContents(files));
  for (const [name, content] of named) {
    require(content instanceof Uint8Array || content instanceof Blob, CheckpointError, () => ({
      wrong: `The content of ${name} is ${typeof content === 'object' ? 'no file' : `of type ${typeof content}`}.`,
      expected: 'files (File), or an object of Uint8Array or Blob by file name.',
      remedy: 'pass the files of the model, such as input.files.',
    }));
  }
  const place = files instanceof Blob ? files.name : 'the files given';
  const find = async (name: string) => {
    const content = named.get(name);
    return content && inParts(content, name);
  };
  return sourceOf(place, [...named.keys()].filter(isGguf).sort(), find, options);
}

function namedContents(files: FilesInHand): [string, Uint8Array | Blob][] {
  if (files instanceof Blob) return [[files.name, files]];
  if (Symbol.iterator in files) return Array.from(files as Iterable<File>, (file) => [file.name, file]);
  return Object.entries(files);
}

function inParts(content: Uint8Array | Blob, name: string): SourceFile {
  if (content instanceof Uint8Array) return bytesFile(content);
  return {
    size: content.size,
    async read(from, to) {
      try {
        return new Uint8Array(await content.slice(from, to).arrayBuffer());
      } catch (cause) {
        const complaint = {
          wrong: `${name} cannot be read (${(cause as Error).message}).`,
          expected: 'the file as it was when it was chosen.',
          remedy: 'choose it again: it was moved, changed, or its disk is gone.',
        };
        throw new CheckpointError(complaint, { cause });
      }
    },
  };
}

/** Bytes in memory as a file. */
export function bytesFile(bytes: Uint8Array): SourceFile {
  return { size: bytes.length, read: async (from, to) => bytes.subarray(from, to) };
}
