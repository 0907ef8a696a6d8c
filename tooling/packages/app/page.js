/** The app in a page: the answer of the page itself, of its worker, and of the worker of the zoo. */
import { answer, answerOfWorker } from './answer.js';

const place = new URL('model/', location.href).href;
const { bundlesWorkers = true, ...options } = globalThis.options ?? {};
const failed = (error) => `failed: ${error.stack}`;
const inPage = () => answer(place, options).catch(failed);

/** Where a bundler does not find the worker of the zoo, the app has its script. */
const ownWorker = () => new Worker(new URL('./model-worker.js', import.meta.url), { type: 'module' });
const inZoosWorker = () =>
  answerOfWorker('./model/', options, bundlesWorkers ? undefined : ownWorker()).catch(failed);

globalThis.answers = async () => ({
  page: await inPage(),
  worker: await inWorker(),
  zoo: await inZoosWorker(),
});

function inWorker() {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve(`failed: ${message}`);
    worker.postMessage({ place, options });
  });
}
