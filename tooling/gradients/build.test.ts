/** The committed gradients are those of the TensorFlow.js that is installed. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compile, modulePath } from './build.mjs';

test('the module is what the build makes of TensorFlow.js', async () => {
  expect(readFileSync(modulePath, 'utf8')).toBe(await compile());
});
