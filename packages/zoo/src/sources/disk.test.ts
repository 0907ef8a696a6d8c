/** Files are replaced whole or not at all, and errors of the file system say what to do. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { CheckpointError, StorageError } from '@famjs/backends';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readBytes, readBytesIfAny, storageError, writeAtomic } from './disk.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'famjs-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('reading', () => {
  test('gives the bytes of a file', async () => {
    await writeFile(path.join(folder, 'a'), Uint8Array.of(1, 2, 3));
    expect(await readBytes(path.join(folder, 'a'))).toEqual(Uint8Array.of(1, 2, 3));
    expect(await readBytesIfAny(path.join(folder, 'a'))).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('tells a file that is missing from one that cannot be read', async () => {
    const missing = path.join(folder, 'missing');
    await expect(readBytes(missing)).rejects.toThrow(CheckpointError);
    await expect(readBytes(missing)).rejects.toThrow(`Cannot read ${missing} (ENOENT`);
    expect(await readBytesIfAny(missing)).toBeUndefined();
    await expect(readBytesIfAny(folder)).rejects.toThrow(CheckpointError);
  });
});

describe('writing', () => {
  test('makes the folder and every file in it, and nothing else', async () => {
    const deep = path.join(folder, 'a', 'b');
    await writeAtomic(deep, { 'x.json': '{}\n', 'y.bin': Uint8Array.of(1, 2) });
    expect((await readdir(deep)).sort()).toEqual(['x.json', 'y.bin']);
    expect(await readFile(path.join(deep, 'x.json'), 'utf8')).toBe('{}\n');
    expect([...(await readFile(path.join(deep, 'y.bin')))]).toEqual([1, 2]);
  });

  test('replaces what was there, leaving other files alone', async () => {
    await writeAtomic(folder, { a: 'old', b: 'old' });
    await writeAtomic(folder, { a: 'new' });
    expect(await contents()).toEqual({ a: 'new', b: 'old' });
  });

  test('does not write through a link', async () => {
    await writeFile(path.join(folder, 'shared'), 'shared');
    await symlink('shared', path.join(folder, 'a'));
    await writeAtomic(folder, { a: 'own' });
    expect(await contents()).toEqual({ a: 'own', shared: 'shared' });
  });

  test('below a file fails with what to do', async () => {
    await writeFile(path.join(folder, 'file'), 'old');
    for (const place of ['file', path.join('file', 'deeper')]) {
      const error = await writeAtomic(path.join(folder, place), { a: 'new' }).catch((error) => error);
      expect(error).toBeInstanceOf(StorageError);
      expect(error.message).toContain('move the file that stands where a folder should');
    }
    expect(await contents()).toEqual({ file: 'old' });
  });

  test('over a folder fails and changes no other file', async () => {
    await mkdir(path.join(folder, 'b'));
    await writeFile(path.join(folder, 'a'), 'old');
    await expect(writeAtomic(folder, { a: 'new', b: 'new' })).rejects.toThrow(StorageError);
    expect((await readdir(folder)).sort()).toEqual(['a', 'b']);
    expect(await readFile(path.join(folder, 'a'), 'utf8')).toBe('old');
  });

  // A limit on the size of files stops a write in its middle, as a full disk does, without a disk to fill.
  test.skipIf(process.platform === 'win32')('that is cut short changes nothing', async () => {
    await writeAtomic(folder, { a: 'old', b: 'old' });
    const { stdout } = await promisify(execFile)('bash', [
      '-c',
      'ulimit -f 8 && exec "$0" "$@"',
      process.execPath,
      '--conditions=@famjs/source',
      '--import=tsx',
      '--input-type=module',
      '--eval',
      `const { writeAtomic } = await import(${JSON.stringify(new URL('disk.ts', import.meta.url).href)});
       const error = await writeAtomic(process.argv[1], { a: 'new', b: 'x'.repeat(1e6) }).catch((error) => error);
       console.log(error.name, error.cause.code, error.complaint.remedy);`,
      folder,
    ]);
    expect(stdout).toMatch(/^StorageError EFBIG raise the limit/);
    expect(await contents()).toEqual({ a: 'old', b: 'old' });
  });
});

describe('an error of the file system', () => {
  test.skipIf(!existsSync('/dev/full'))('on a full disk says so', async () => {
    const cause = await writeFile('/dev/full', 'x').catch((error) => error);
    const error = storageError('/models', cause);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ cause, complaint: { expected: 'enough free space.' } });
  });

  test.each([
    ['EDQUOT', 'free some space'],
    ['EACCES', 'change the permissions'],
    ['EROFS', 'change the permissions'],
    ['EIO', 'check the disk'],
  ])('%s says what to do', (code, remedy) => {
    const error = storageError('/models', Object.assign(new Error(code), { code }));
    expect(error).toBeInstanceOf(StorageError);
    expect((error as Error).message).toContain(remedy);
  });

  test('that is a mistake in the code stays what it is', () => {
    const mistake = Object.assign(new TypeError('no path'), { code: 'ERR_INVALID_ARG_TYPE' });
    expect(storageError('/models', mistake)).toBe(mistake);
  });
});

async function contents(): Promise<Record<string, string>> {
  const names = await readdir(folder);
  const read = names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')]);
  return Object.fromEntries(await Promise.all(read));
}
