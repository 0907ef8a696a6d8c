/** A Hub for a browser: answers what a page asks of huggingface.co, for one model in memory. */
import { createHash } from 'node:crypto';
import type { BrowserContext } from 'playwright';

const commit = 'c0ffee'.padEnd(40, '0');
const headers = Object.fromEntries(
  ['allow-origin', 'allow-headers', 'expose-headers'].map((what) => [`access-control-${what}`, '*']),
);

/** @returns the addresses that were asked for */
export async function answerAsHub(
  context: BrowserContext,
  id: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<string[]> {
  const asked: string[] = [];
  const siblings = Object.entries(files).map(([rfilename, bytes]) => ({
    ...{ rfilename, size: bytes.length },
    blobId: createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex'),
  }));
  await context.route('https://huggingface.co/**', (route) => {
    const { pathname } = new URL(route.request().url());
    asked.push(pathname);
    if (pathname === `/api/models/${id}/revision/main`) {
      return route.fulfill({ headers, json: { id, sha: commit, siblings } });
    }
    const file = files[pathname.replace(`/${id}/resolve/${commit}/`, '')];
    return file
      ? route.fulfill({ headers, body: Buffer.from(file) })
      : route.fulfill({ headers, status: 404, body: '' });
  });
  return asked;
}
