/** The app in a worker: takes the options that its page has, and posts the answer. */
import { answer } from './answer.js';

globalThis.onmessage = async ({ data: { place, options } }) => {
  postMessage(await answer(place, options).catch((error) => `failed: ${error.stack}`));
};
