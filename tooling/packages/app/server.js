/** The app on a server, which renders the answer into the page that it sends. */
import { answer } from './answer.js';

export const render = async (place) => `<p>${await answer(place)}</p>`;
