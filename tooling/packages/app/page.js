/** The app in a page: the answer of the page itself, and of its worker where it has one. */
import { answer } from './answer.js';

const place = new URL('model/', location.href).href;
const options = globalThis.options ?? {};
const inPage = () => answer(place, options).catch((error) => `failed: ${error.stack}`);

globalThis.answers = async () => ({ page: await inPage(), worker: await inWorker() });

function inWorker() {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve(`failed: ${message}`);
    worker.postMessage({ place, options });
  });
}
