/** The script of a worker of Node's: imported there, it serves the thread that started it. */
import { parentPort } from 'node:worker_threads';
import { serveModel } from './host.ts';

const port = parentPort;
if (port) {
  serveModel({
    post: (message, transfer) => port.postMessage(message, transfer as ArrayBuffer[]),
    listen: (listener) => void port.on('message', listener),
  });
}
