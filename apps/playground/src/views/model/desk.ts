/** What the view does and shows: a model in its worker, a session of it, and all that was read, asked and said. */

import type { BackendName } from '@famjs/backends';
import { ConfigError } from '@famjs/backends/errors';
import type { LoadProgress } from '@famjs/zoo';
import type { WorkerModel, WorkerSession } from '@famjs/zoo/worker';
import { signal } from '@preact/signals';
import { failureOf } from '../../worker/failure.ts';
import type { Failure } from '../../worker/protocol.ts';
import { type Arrival, withNews } from './arrivals.ts';
import { looksLikeText, piecesOf } from './document.ts';
import { type LoadChoice, openRunning, type RunningModel } from './running.ts';

export type Work = 'loading' | 'reading' | 'writing' | 'saving' | 'restoring';

/** How a question is put: beside the memory, into it as chat, or as text that goes on. */
export type Manner = 'ask' | 'chat' | 'continue';

/** A measurement, after some tokens. */
export interface Point {
  tokens: number;
  /** Tokens a second, read or written. */
  read: number | null;
  written: number | null;
  stateBytes: number;
}

export interface Turn {
  manner: Manner;
  question: string;
  answer: string;
}

export type Desk = ReturnType<typeof openDesk>;

export function openDesk() {
  const model = signal<WorkerModel | undefined>(undefined);
  const name = signal('');
  const busy = signal<Work | undefined>(undefined);
  const failure = signal<(Failure & { movedFrom?: BackendName | undefined }) | undefined>(undefined);
  const arrivals = signal<readonly Arrival[]>([]);
  const document = signal<{ title: string; done: number; total: number } | undefined>(undefined);
  const length = signal(0);
  const stateBytes = signal(0);
  const points = signal<readonly Point[]>([]);
  const turns = signal<readonly Turn[]>([]);
  let running: RunningModel | undefined;
  let stop = new AbortController();
  let left = false;

  /** One piece of work at a time: it can be stopped, and what fails is shown. */
  const work = async (kind: Work, run: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    if (busy.value || left) return;
    const stopping = new AbortController();
    stop = stopping;
    busy.value = kind;
    failure.value = undefined;
    try {
      await run(stopping.signal);
    } catch (error) {
      if (stopping.signal.aborted) return;
      failure.value = failureOf(error);
      if (failure.value.lost) forget();
    } finally {
      busy.value = undefined;
      look();
    }
  };
  const look = () => {
    length.value = running?.session.length ?? 0;
    stateBytes.value = running?.session.stateBytes ?? 0;
  };
  const clear = () => {
    points.value = [];
    turns.value = [];
    document.value = undefined;
  };
  const forget = () => {
    running?.dispose();
    running = undefined;
    model.value = undefined;
    clear();
  };
  /** Works on the session, on the next backend once more where the device is lost. */
  const surely = async (run: (session: WorkerSession) => Promise<void>, signal: AbortSignal) => {
    await running!.surely(async (session) => {
      model.value = running!.model;
      await run(session);
    }, signal);
  };
  const measured = (kind: 'read' | 'written', tokens: number, seconds: number) => {
    if (tokens <= 0 || seconds <= 0) return;
    look();
    const speed = { read: null, written: null, [kind]: tokens / seconds };
    const before = points.value.at(-1)?.tokens ?? 0;
    const point = { ...speed, tokens: Math.max(before + 1, length.value), stateBytes: stateBytes.value };
    points.value = [...points.value, point];
  };

  /** Goes on with another session, about which nothing was said here yet. */
  const begin = (open: (model: WorkerModel) => WorkerSession | Promise<WorkerSession>) =>
    work('restoring', async (signal) => {
      await surely(async () => running!.begin(await open(running!.model)), signal);
      clear();
    });

  /** Takes what a session writes. Its pace is that of what comes after the first piece, for which the prompt was read. */
  async function written(from: WorkerSession, texts: AsyncIterable<string>, take: (text: string) => void) {
    let first: { length: number; at: number } | undefined;
    try {
      for await (const text of texts) {
        first ??= { length: from.length, at: performance.now() };
        take(text);
      }
    } finally {
      if (first) measured('written', from.length - first.length, (performance.now() - first.at) / 1000);
    }
  }

  return {
    ...{ model, name, busy, failure, arrivals, document, length, stateBytes, points, turns },

    load: (choice: LoadChoice) =>
      work('loading', async (signal) => {
        forget();
        arrivals.value = [];
        const opened = await openRunning(choice, signal, {
          onProgress: (news: LoadProgress) => {
            arrivals.value = withNews(arrivals.value, news, performance.now());
          },
          onMoved: (moved) => {
            failure.value = moved;
          },
        });
        if (left) return opened.dispose();
        running = opened;
        model.value = opened.model;
        name.value = choice.name;
      }),

    read: (title: string, text: string) =>
      work('reading', async (signal) => {
        if (!looksLikeText(text)) throw notText(title);
        let done = 0;
        document.value = { title, done, total: text.length };
        for (const piece of piecesOf(text)) {
          await surely(async (session) => {
            const [before, began] = [session.length, performance.now()];
            await session.read(piece, { signal });
            measured('read', session.length - before, (performance.now() - began) / 1000);
          }, signal);
          done += piece.length;
          document.value = { title, done, total: text.length };
        }
      }),

    talk: (manner: Manner, question: string, maxTokens: number) =>
      work('writing', async (signal) => {
        const [said, from] = [model.value!.chats && manner !== 'continue', turns.value];
        const options = { maxTokens, signal };
        await surely(async (session) => {
          const turn = { manner, question, answer: '' };
          const take = (text: string) => {
            turn.answer += text;
            turns.value = [...from, { ...turn }];
          };
          take('');
          const asked = manner === 'ask' ? session.fork() : session;
          const texts = said
            ? asked.chat([{ role: 'user', content: question }], options)
            : asked.generate(question === '' ? undefined : question, options);
          try {
            await written(asked, texts, take);
          } finally {
            if (asked !== session) asked.dispose();
          }
        }, signal);
      }),

    /** The memory in bytes. */
    async save(): Promise<Uint8Array | undefined> {
      let bytes: Uint8Array | undefined;
      await work('saving', (signal) =>
        surely(async (session) => {
          bytes = await session.save();
        }, signal),
      );
      return bytes;
    },

    restore: (file: Blob) => begin(async (model) => model.restore(new Uint8Array(await file.arrayBuffer()))),

    forgetText: () => begin((model) => model.session()),

    /** Shows what went wrong beside the work. */
    complain(error: unknown) {
      failure.value = failureOf(error);
    },

    stop: () => stop.abort(),

    /** Ends the worker, with everything in it. */
    leave() {
      left = true;
      stop.abort();
      forget();
    },
  };
}

const notText = (title: string) =>
  new ConfigError({
    wrong: `${title} does not look like text.`,
    expected: 'a document in plain text: .txt, .md, source code.',
    remedy: 'save the document as text first.',
  });
