/** The committed modules are what their sources compile to, and the build refuses modules that need memory of their own. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compile, modulePath, packages, requireGuest } from './build.mjs';

const modules = packages.flatMap((name) => [[name, 'simd'] as const, [name, 'relaxed'] as const]);

test.each(modules)('the module of %s for %s is what its source compiles to', async (...module) => {
  expect(readFileSync(modulePath(...module), 'utf8')).toBe(await compile(...module));
});

const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const importsMemory = [0x02, 0x0f, 0x01, 0x03, ...bytes('env'), 0x06, ...bytes('memory'), 0x02, 0x00, 0x00];
const dataAtAddress0 = [0x0b, 0x07, 0x01, 0x00, 0x41, 0x00, 0x0b, 0x01, 0xff];

test('a module with data of its own is refused, the same without is not', () => {
  expect(() => requireGuest(Uint8Array.of(...header, ...importsMemory))).not.toThrow();
  expect(() => requireGuest(Uint8Array.of(...header, ...importsMemory, ...dataAtAddress0))).toThrow('data');
});

test('a module that does not import the memory is refused', () => {
  expect(() => requireGuest(Uint8Array.of(...header))).toThrow('imports nothing');
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
