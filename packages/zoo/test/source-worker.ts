/** A worker over the sources: a page starts its own, and one of Node's needs to be told how to read TypeScript. */
import type { WorkerLike } from '../src/worker/index.ts';

export async function sourceWorker(): Promise<{ worker?: WorkerLike }> {
  if (typeof window !== 'undefined') return {};
  const threads = 'node:worker_threads';
  const { Worker } = (await import(/* @vite-ignore */ threads)) as typeof import('node:worker_threads');
  const loader = new URL('../../../tooling/source.mjs', import.meta.url).href;
  const execArgv = ['--conditions=@famjs/source', '--import', loader];
  return { worker: new Worker(new URL('../src/worker/serve.node.ts', import.meta.url), { execArgv }) };
}
