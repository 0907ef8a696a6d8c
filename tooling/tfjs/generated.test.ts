/** What is made of TensorFlow.js and committed is what the installed one gives. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import * as gradients from './gradients.mjs';
import * as wasmFiles from './wasm-files.mjs';

test('the gradients are what the build makes of TensorFlow.js', async () => {
  expect(readFileSync(gradients.modulePath, 'utf8')).toBe(await gradients.compile());
});

// Zipped again, as another zlib may find shorter ways.
const contentOf = (module: string) => gunzipSync(Buffer.from(/'([^']+)'/.exec(module)![1]!, 'base64'));

test.each(wasmFiles.fileNames)('%s is the file of TensorFlow.js', (fileName) => {
  const committed = readFileSync(wasmFiles.modulePath(fileName), 'utf8');
  expect(contentOf(committed).equals(contentOf(wasmFiles.compile(fileName)))).toBe(true);
});
