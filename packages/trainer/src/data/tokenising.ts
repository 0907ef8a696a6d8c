/** The script of a thread that makes tokens of examples, piece by piece, for the thread that started it. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadTokenizer } from '@famjs/zoo';
import { documentOf, type Example } from './examples.ts';
import { packedDocuments } from './packed-documents.ts';
import type { TokenisingAnswer, TokenisingStart } from './tokenise.ts';

const port = parentPort;
if (port) {
  const { files, end } = workerData as TokenisingStart;
  const tokenizer = loadTokenizer(files.tokenizer, files.config);
  const documentsOf = (examples: readonly Example[]) =>
    Promise.all(examples.map((example) => documentOf(example, tokenizer, end)));
  port.on('message', async (examples: readonly Example[]) => {
    const packed: TokenisingAnswer = await documentsOf(examples).then(packedDocuments, () => undefined);
    const buffers = Object.values(packed ?? {}).map(({ buffer }) => buffer as ArrayBuffer);
    port.postMessage(packed, buffers);
  });
}
