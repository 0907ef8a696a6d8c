/** Files that someone has already: chosen in a page, dropped on it, or in memory. */
import { CheckpointError, require } from '@famjs/backends';
import { isGguf, type LoadOptions, type ModelSource, type SourceFile, sourceOf } from './source.ts';

/**
 * Files as an `<input type="file">` gives them, one of them, contents by file name, or a file or folder as a picker, a drop or the
 * page's own file system (OPFS) gives it.
 */
export type FilesInHand =
  | File
  | Iterable<File>
  | Readonly<Record<string, Uint8Array | Blob>>
  | FileSystemFileHandle
  | FileSystemDirectoryHandle;

/** The source of `files`; of `File`s of a chosen folder the last part of their path counts. */
export async function inHandSource(files: FilesInHand, options: LoadOptions = {}): Promise<ModelSource> {
  if (isFolder(files)) return folderSource(files, options);
  return contentSource(isFile(files) ? await contentOf(files) : files, options);
}

const isFolder = (files: FilesInHand): files is FileSystemDirectoryHandle =>
  'kind' in files && files.kind === 'directory';
const isFile = (files: FilesInHand): files is FileSystemFileHandle =>
  'kind' in files && files.kind === 'file';

async function folderSource(folder: FileSystemDirectoryHandle, options: LoadOptions): Promise<ModelSource> {
  const names: string[] = [];
  for await (const [name, { kind }] of folder.entries()) if (kind === 'file') names.push(name);
  const find = async (name: string) =>
    names.includes(name) ? blobFile(await contentOf(await folder.getFileHandle(name)), name) : undefined;
  return sourceOf(folder.name || 'the folder given', names.filter(isGguf).sort(), find, options);
}

async function contentOf(file: FileSystemFileHandle): Promise<File> {
  return file.getFile().catch((cause) => {
    throw unreadable(file.name, cause);
  });
}

type Contents = Exclude<FilesInHand, FileSystemFileHandle | FileSystemDirectoryHandle>;

function contentSource(files: Contents, options: LoadOptions): ModelSource {
  const named = new Map<string, Uint8Array | Blob>(namedContents(files));
  for (const [name, content] of named) {
    require(content instanceof Uint8Array || content instanceof Blob, CheckpointError, () => ({
      wrong: `The content of ${name} is ${typeof content === 'object' ? 'no file' : `of type ${typeof content}`}.`,
      expected:
        'files (File), a handle of a file or folder, or an object of Uint8Array or Blob by file name.',
      remedy: 'pass the files of the model, such as input.files.',
    }));
  }
  const place = files instanceof Blob ? files.name : 'the files given';
  const find = async (name: string) => {
    const content = named.get(name);
    return content && (content instanceof Blob ? blobFile(content, name) : bytesFile(content));
  };
  return sourceOf(place, [...named.keys()].filter(isGguf).sort(), find, options);
}

function namedContents(files: Contents): [string, Uint8Array | Blob][] {
  if (files instanceof Blob) return [[files.name, files]];
  if (Symbol.iterator in files) return Array.from(files as Iterable<File>, (file) => [file.name, file]);
  return Object.entries(files);
}

/** A Blob, or a file of a disk that a page may read, as a file. */
export function blobFile(content: Blob, name: string): SourceFile {
  return {
    size: content.size,
    async read(from, to) {
      try {
        return new Uint8Array(await content.slice(from, to).arrayBuffer());
      } catch (cause) {
        throw unreadable(name, cause);
      }
    },
  };
}

function unreadable(name: string, cause: unknown): CheckpointError {
  const complaint = {
    wrong: `${name} cannot be read (${(cause as Error).message}).`,
    expected: 'the file as it was when it was chosen.',
    remedy: 'choose it again: it was moved, changed, or its disk is gone.',
  };
  return new CheckpointError(complaint, { cause });
}

/** Bytes in memory as a file. */
export function bytesFile(bytes: Uint8Array): SourceFile {
  return { size: bytes.length, read: async (from, to) => bytes.subarray(from, to) };
}
