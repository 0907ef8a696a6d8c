/** The app on a server, which renders the answers, its own and that of the zoo's worker, into the page that it sends. */
import { answer, answerOfWorker } from './answer.js';

const answers = { thread: answer, worker: answerOfWorker };

export const render = async (place, where) => `<p>${await answers[where](place)}</p>`;
