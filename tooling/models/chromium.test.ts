/** A session of a real model goes on in Chromium where it was saved in Node, to the same text, in little more memory than its weights. */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setBackend } from '@famjs/backends';
import { describeReal, type Found, realModel } from '@famjs/testing/real';
import { loadModel } from '@famjs/zoo';
import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { startApp, work } from '../browser/app.ts';
import { chromiumPath } from '../browser/machine.ts';

const browser: Found = existsSync(chromiumPath)
  ? { path: chromiumPath }
  : { reason: 'no Chromium, which tooling/browser/setup.mjs installs' };

const going = { maxTokens: 12, temperature: 0 };

describeReal('SmolLM2 between Node and Chromium', { file: realModel(), browser }, ({ file }) => {
  test('a session saved in Node goes on in a page, within 1.5 times the bytes of the weights and 150 MB', async () => {
    await setBackend('wasm');
    using model = await loadModel(file);
    using session = model.session();
    await session.read('Once upon a time, there was a small town');
    const saved = await session.save();
    let expected = '';
    for await (const text of session.generate(going)) expected += text;
    expect(expected.length).toBeGreaterThan(20);
    const { text, taken } = await goneOnInPage(file, saved);
    expect(text).toBe(expected);
    expect(taken).toBeGreaterThan(statSync(file).size);
    expect(taken).toBeLessThan(1.5 * statSync(file).size + 150e6);
  });
});

interface GoneOn {
  text: string;
  /** Bytes that the processes of the browser have held at most beyond what they had with the backend started. */
  taken: number;
}

/** Garbage is collected when V8 likes to: with a heap of 64 MB it may not wait long, and what is measured does not depend on it. */
const smallHeap = ['--js-flags=--max-old-space-size=64 --max-semi-space-size=2'];

/** A session goes on, while a second one of the same model is there. */
async function goneOnInPage(file: string, saved: Uint8Array): Promise<GoneOn> {
  const app = await startApp(['backends', 'zoo'], (request, response) => {
    if (request.url === '/saved') response.end(saved);
    else if (request.url === '/model.gguf') sendRange(file, request, response);
    else return false;
    return true;
  }, smallHeap);
  try {
    const page = await app.open(await app.visitor());
    await work(
      page,
      `const { setBackend } = await import('@famjs/backends');
      await setBackend('wasm');
      await import('@famjs/zoo');`,
    );
    const started = await peakOf(page);
    const gone = await work<Omit<GoneOn, 'taken'>>(
      page,
      `const { loadModel } = await import('@famjs/zoo');
      const model = await loadModel(new URL('/model.gguf', location.href));
      const saved = new Uint8Array(await (await fetch('/saved')).arrayBuffer());
      const session = await model.restore(saved);
      let text = '';
      for await (const piece of session.generate(${JSON.stringify(going)})) text += piece;
      const second = model.session();
      await second.read('Once upon a time');
      globalThis.open = [model, session, second];
      return { text };`,
    );
    return { ...gone, taken: (await peakOf(page)) - started };
  } finally {
    await app.close();
  }
}

/** Bytes that the processes of a page's browser have held at most so far, as Linux counts what is resident. */
async function peakOf(page: Page): Promise<number> {
  const session = await page.context().browser()!.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const peaks = processInfo.map(({ id }) => {
    const status = `/proc/${id}/status`; // Of a helper that has just ended there is none.
    return existsSync(status) ? Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(status, 'utf8'))?.[1] ?? 0) : 0;
  });
  return 1024 * peaks.reduce((sum, peak) => sum + peak, 0);
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
