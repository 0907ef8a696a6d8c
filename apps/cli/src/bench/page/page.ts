/** What runs in the browser: asks for the order, runs it, and sends each event to the command that serves the page. */
import { FamError } from '@famjs/backends';
import { type BenchmarkOrder, runBenchmark } from '../benchmarks.ts';
import type { PageEvent } from './serve.ts';

const log = document.querySelector('pre')!;

async function send(event: PageEvent): Promise<void> {
  log.textContent += `${event.type === 'result' ? `${event.result.subject}, ${event.result.pass}` : JSON.stringify(event)}\n`;
  await fetch('/event', { method: 'POST', body: JSON.stringify(event) });
}

try {
  const order: BenchmarkOrder = await (await fetch('/order')).json();
  for await (const event of runBenchmark(order)) await send(event);
  await send({ type: 'end' });
} catch (error) {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  await send({ type: 'failure', message, ...(error instanceof FamError && { complaint: error.complaint }) });
}
