/** Examples become documents in tokens: here, or in threads where there is much of them, and the same either way. */
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Tokenizer } from '@famjs/zoo';
import type { Document } from './document.ts';
import { charactersOf, documentOf, type Example } from './examples.ts';
import { type PackedDocuments, packedDocuments, unpackedDocuments } from './packed-documents.ts';

/** What a thread is given when it starts. */
export interface TokenisingStart {
  files: Tokenizer['files'];
  end: number;
}

/** What a thread answers to examples; undefined where it failed on one, which is then told by who asked. */
export type TokenisingAnswer = PackedDocuments | undefined;

/** Characters of the examples that a thread gets at a time, if more than one fits. */
const PIECE = 1 << 16;
/** Characters for which a thread is worth its start. */
const WORTH = 1 << 21;

export interface TokeniseOptions {
  /** Threads beside this one, which then waits; as many as the examples are worth and the machine runs unless given. */
  workers?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * One document an example, in their order, whatever the threads.
 *
 * @param end the token that ends what is said
 * @throws TokenError, ChatTemplateError as `documentOf`
 */
export async function tokenised(
  examples: readonly Example[],
  tokenizer: Tokenizer,
  end: number,
  { workers, signal }: TokeniseOptions = {},
): Promise<Document[]> {
  const pieces = piecesOf(examples);
  const found: (Document[] | undefined)[] = Array(pieces.length);
  const threads = Math.min(pieces.length, workers ?? threadsFor(examples));
  if (threads > 0) await inThreads(pieces, found, threads, { files: tokenizer.files, end }, signal);
  for (const [index, piece] of pieces.entries()) {
    if (found[index]) continue;
    const documents: Document[] = [];
    for (const example of piece) {
      signal?.throwIfAborted();
      documents.push(await documentOf(example, tokenizer, end));
    }
    found[index] = unpackedDocuments(packedDocuments(documents));
    await setImmediate(); // Lets an abort arrive.
  }
  return found.flatMap((documents) => documents!);
}

function threadsFor(examples: readonly Example[]): number {
  const characters = examples.reduce((sum, example) => sum + charactersOf(example), 0);
  const threads = Math.min(8, availableParallelism(), Math.floor(characters / WORTH));
  return threads > 1 ? threads : 0;
}

/** Examples in runs of so many characters, one at least. */
function piecesOf(examples: readonly Example[]): Example[][] {
  const pieces: Example[][] = [];
  let room = 0;
  for (const example of examples) {
    const characters = charactersOf(example);
    if (room < characters || pieces.length === 0) {
      pieces.push([]);
      room = PIECE;
    }
    pieces.at(-1)!.push(example);
    room -= characters;
  }
  return pieces;
}

/** Fills in what threads make of the pieces; those on which one fails stay open, and one that ends is not replaced. */
async function inThreads(
  pieces: readonly Example[][],
  found: (Document[] | undefined)[],
  threads: number,
  start: TokenisingStart,
  signal: AbortSignal | undefined,
): Promise<void> {
  let next = 0;
  const runs = Array.from({ length: threads }, async () => {
    const worker = startThread(start);
    try {
      while (next < pieces.length) {
        const index = next++;
        const answer = await answerOf(worker, pieces[index]!, signal);
        if (answer === 'ended') return;
        found[index] = answer && unpackedDocuments(answer);
      }
    } finally {
      await worker.terminate();
    }
  });
  const ended = await Promise.allSettled(runs);
  for (const run of ended) if (run.status === 'rejected') throw run.reason;
}

/** A program in `--eval` says by `--input-type` what it is, which threads refuse to be told of a file. */
const isEvaluated = () => process.execArgv.some((option) => option.startsWith('--input-type'));

const startThread = (start: TokenisingStart): Worker =>
  new Worker(new URL('./tokenising.ts', import.meta.url), {
    workerData: start,
    ...(isEvaluated() && { execArgv: [] }),
  });

/** @throws the signal's reason */
async function answerOf(
  worker: Worker,
  piece: readonly Example[],
  signal: AbortSignal | undefined,
): Promise<TokenisingAnswer | 'ended'> {
  signal?.throwIfAborted();
  const settled = new AbortController();
  try {
    return await new Promise((resolve, reject) => {
      const on = (name: string, listener: (value: TokenisingAnswer) => void) => {
        worker.once(name, listener);
        settled.signal.addEventListener('abort', () => worker.off(name, listener));
      };
      on('message', resolve);
      on('error', () => resolve('ended'));
      on('exit', () => resolve('ended'));
      signal?.addEventListener('abort', () => reject(signal.reason), { signal: settled.signal });
      worker.postMessage(piece);
    });
  } finally {
    settled.abort();
  }
}
