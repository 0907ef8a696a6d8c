/** A session of a real model goes on in Chromium where it was saved in Node, to the same text. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setBackend } from '@famjs/backends';
import { describeReal, type Found, realModel } from '@famjs/testing/real';
import { loadModel } from '@famjs/zoo';
import { expect, test } from 'vitest';
import { startApp, work } from '../browser/app.ts';
import { chromiumPath } from '../browser/machine.ts';

const browser: Found = existsSync(chromiumPath)
  ? { path: chromiumPath }
  : { reason: 'no Chromium, which tooling/browser/setup.mjs installs' };

const going = { maxTokens: 12, temperature: 0 };

describeReal('SmolLM2 between Node and Chromium', { file: realModel(), browser }, ({ file }) => {
  test('a session saved in Node goes on in a page', async () => {
    await setBackend('wasm');
    using model = await loadModel(file);
    using session = model.session();
    await session.read('Once upon a time, there was a small town');
    const saved = await session.save();
    let expected = '';
    for await (const text of session.generate(going)) expected += text;
    expect(expected.length).toBeGreaterThan(20);
    expect(await goneOnInPage(file, saved)).toBe(expected);
  });
});

async function goneOnInPage(file: string, saved: Uint8Array): Promise<string> {
  const app = await startApp(['backends', 'zoo'], (request, response) => {
    if (request.url === '/saved') response.end(saved);
    else if (request.url === '/model.gguf') sendRange(file, request, response);
    else return false;
    return true;
  });
  try {
    const page = await app.open(await app.visitor());
    return await work<string>(
      page,
      `const { setBackend } = await import('@famjs/backends');
      const { loadModel } = await import('@famjs/zoo');
      await setBackend('wasm');
      const model = await loadModel(new URL('/model.gguf', location.href));
      const saved = new Uint8Array(await (await fetch('/saved')).arrayBuffer());
      const session = await model.restore(saved);
      let text = '';
      for await (const piece of session.generate(${JSON.stringify(going)})) text += piece;
      return text;`,
    );
  } finally {
    await app.close();
  }
}

/** Serves a file, or the range of it that is asked for. */
function sendRange(file: string, { headers }: IncomingMessage, response: ServerResponse): void {
  const { size } = statSync(file);
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const [start, end] = [Number(from), to === '' ? size - 1 : Math.min(Number(to), size - 1)];
  response.writeHead(headers.range ? 206 : 200, {
    'accept-ranges': 'bytes',
    'content-length': end - start + 1,
    ...(headers.range && { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  createReadStream(file, { start, end }).pipe(response);
}
