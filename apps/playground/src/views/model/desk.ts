/** What the view does and shows: a model in its worker, a session of it, and all that was read, asked and said. */

import type { BackendName } from '@famjs/backends';
import { ConfigError, WorkerLostError } from '@famjs/backends/errors';
import type { LoadProgress, ModelPlace } from '@famjs/zoo';
import { loadModel, type WorkerModel, type WorkerSession } from '@famjs/zoo/worker';
import { signal } from '@preact/signals';
import { failureOf } from '../../worker/failure.ts';
import type { Failure } from '../../worker/protocol.ts';
import { type Arrival, withNews } from './arrivals.ts';
import { looksLikeText, piecesOf } from './document.ts';

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

/** Where a model lies, or what fetches its files first. */
export type Place =
  | ModelPlace
  | ((signal: AbortSignal, onProgress: (news: LoadProgress) => void) => Promise<ModelPlace>);

export interface LoadChoice {
  /** What the visitor sees. */
  name: string;
  place: Place;
  backend: BackendName;
  /** Tokens that stay visible to a model without a FAM of its own. */
  context?: number | undefined;
}

export type Desk = ReturnType<typeof openDesk>;

export function openDesk() {
  const model = signal<WorkerModel | undefined>(undefined);
  const name = signal('');
  const busy = signal<Work | undefined>(undefined);
  const failure = signal<Failure | undefined>(undefined);
  const arrivals = signal<readonly Arrival[]>([]);
  const document = signal<{ title: string; done: number; total: number } | undefined>(undefined);
  const length = signal(0);
  const stateBytes = signal(0);
  const points = signal<readonly Point[]>([]);
  const turns = signal<readonly Turn[]>([]);
  let session: WorkerSession | undefined;
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
      if (!stopping.signal.aborted) failure.value = failureOf(error);
      if (error instanceof WorkerLostError) forget();
    } finally {
      busy.value = undefined;
      look();
    }
  };
  const look = () => {
    length.value = session?.length ?? 0;
    stateBytes.value = session?.stateBytes ?? 0;
  };
  const begin = (opened: WorkerSession) => {
    session?.dispose();
    session = opened;
    points.value = [];
    turns.value = [];
    document.value = undefined;
    look();
  };
  const forget = () => {
    model.value?.dispose();
    model.value = undefined;
    session = undefined;
    turns.value = [];
    points.value = [];
    document.value = undefined;
  };
  const measured = (kind: 'read' | 'written', tokens: number, seconds: number) => {
    if (tokens <= 0 || seconds <= 0) return;
    look();
    const speed = { read: null, written: null, [kind]: tokens / seconds };
    const before = points.value.at(-1)?.tokens ?? 0;
    const point = { ...speed, tokens: Math.max(before + 1, length.value), stateBytes: stateBytes.value };
    points.value = [...points.value, point];
  };

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

    load: ({ name: called, place, backend, context }: LoadChoice) =>
      work('loading', async (signal) => {
        forget();
        arrivals.value = [];
        const onProgress = (news: LoadProgress) => {
          arrivals.value = withNews(arrivals.value, news, performance.now());
        };
        const fetches = typeof place === 'function';
        const from = fetches ? await place(signal, onProgress) : place;
        const options = { backend, signal, ...(context !== undefined && { context }) };
        const loaded = await loadModel(from, fetches ? options : { ...options, onProgress });
        if (left) return loaded.dispose();
        model.value = loaded;
        name.value = called;
        begin(loaded.session());
      }),

    read: (title: string, text: string) =>
      work('reading', async (signal) => {
        if (!looksLikeText(text)) throw notText(title);
        document.value = { title, done: 0, total: text.length };
        for (const piece of piecesOf(text)) {
          const [before, began] = [session!.length, performance.now()];
          await session!.read(piece, { signal });
          measured('read', session!.length - before, (performance.now() - began) / 1000);
          document.value = { ...document.value, done: document.value.done + piece.length };
        }
      }),

    talk: (manner: Manner, question: string, maxTokens: number) =>
      work('writing', async (signal) => {
        const [chats, from] = [model.value!.chats, turns.value];
        const turn = { manner, question, answer: '' };
        const take = (text: string) => {
          turn.answer += text;
          turns.value = [...from, { ...turn }];
        };
        take('');
        const options = { maxTokens, signal };
        const asked = manner === 'ask' ? session!.fork() : session!;
        const said = chats && manner !== 'continue';
        const texts = said
          ? asked.chat([{ role: 'user', content: question }], options)
          : asked.generate(question === '' ? undefined : question, options);
        try {
          await written(asked, texts, take);
        } finally {
          if (asked !== session) asked.dispose();
        }
      }),

    /** The memory in bytes. */
    async save(): Promise<Uint8Array | undefined> {
      let bytes: Uint8Array | undefined;
      await work('saving', async () => {
        bytes = await session!.save();
      });
      return bytes;
    },

    restore: (file: Blob) =>
      work('restoring', async () => {
        begin(await model.value!.restore(new Uint8Array(await file.arrayBuffer())));
      }),

    forgetText: () => work('restoring', async () => begin(model.value!.session())),

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
