/** A session of a real model goes on in Chromium where it was saved in Node, to the same text. */
import { once } from 'node:events';
import { createReadStream, existsSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setBackend } from '@famjs/backends';
import { loadModel } from '@famjs/zoo';
import { chromium } from 'playwright';
import { expect, test } from 'vitest';
import { launchOptions } from '../browser/launch.ts';
import { chromiumPath } from '../browser/machine.ts';
import { buildPage } from '../bundle/build.ts';
import { describeReal, type Found, realModel } from '@famjs/testing/real';

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
  const built = await buildPage(['backends', 'zoo']);
  const server = serve(built.folder, { '/model.gguf': file, '/saved': saved });
  const started = await chromium.launch(launchOptions);
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const page = await started.newPage();
    page.setDefaultTimeout(0);
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const [backends, zoo] = ['backends', 'zoo'].map((name) => `/${built.atOnce(name)[0]!.fileName}`);
    return await page.evaluate<string>(pageScript(backends!, zoo!));
  } finally {
    await started.close();
    server.close();
    rmSync(built.folder, { recursive: true });
  }
}

/** What the page does, as text: vitest would rewrite the imports of a function. */
const pageScript = (backends: string, zoo: string) => `(async () => {
  const { setBackend } = await import('${backends}');
  const { loadModel } = await import('${zoo}');
  await setBackend('wasm');
  const model = await loadModel(new URL('/model.gguf', location.href));
  const saved = new Uint8Array(await (await fetch('/saved')).arrayBuffer());
  const session = await model.restore(saved);
  let text = '';
  for await (const piece of session.generate(${JSON.stringify(going)})) text += piece;
  return text;
})()`;

/** Serves a folder and what else there is by path; of files also the ranges that are asked for. */
function serve(folder: string, others: Record<string, string | Uint8Array>): Server {
  return createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const url = request.url ?? '/';
    if (url === '/') return response.setHeader('content-type', 'text/html').end('<!doctype html>');
    const other = others[url];
    if (other instanceof Uint8Array) return response.end(other);
    if (other !== undefined) return sendRange(other, request, response);
    const asset = path.join(folder, url);
    if (!existsSync(asset)) return response.writeHead(404).end();
    const type = url.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
    response.setHeader('content-type', type).end(await readFile(asset));
  });
}

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
