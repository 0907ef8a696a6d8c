/** The conversations that are kept: a few in memory, the least recently used and the idle ones in a folder, if there is one. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { CheckpointError } from '@famjs/backends/errors';
import { readBytesIfAny, writeAtomic } from '@famjs/zoo/node';
import { type Conversation, disposeConversation } from './conversation.ts';
import type { ServedModel } from './model.ts';

export interface KeepOptions {
  /** Where sessions are saved; without it, what is put away is forgotten. */
  folder?: string | undefined;
  /** Conversations in memory, at most. */
  most: number;
  /** Seconds after which a conversation that nobody goes on with is put away. */
  idle: number;
  /** Told what went wrong with a file of a session. */
  warn(error: unknown): void;
}

export interface Conversations {
  /** The conversation of this name, in the caller's hands until it is put back. */
  take(id: string): Promise<Conversation>;
  putBack(id: string, conversation: Conversation): void;
  /** Puts all away, and ends. */
  close(): Promise<void>;
}

export async function conversationsOf(
  model: ServedModel,
  { folder, most, idle, warn }: KeepOptions,
): Promise<Conversations> {
  // Sessions of another model cannot be restored: each has a folder of its own.
  const shelf = folder && path.join(folder, (await model.fingerprint()).slice(0, 16));
  /** The least recently used first. */
  const open = new Map<string, { conversation: Conversation; since: number }>();
  const leaving = new Map<string, Promise<void>>();

  const save = async (id: string, { now }: Conversation) => {
    if (shelf && now) await writeAtomic(shelf, { [fileOf(id)]: await now.save() });
  };
  const putAway = (id: string) => {
    const { conversation } = open.get(id)!;
    open.delete(id);
    const left = save(id, conversation)
      .catch(warn)
      .finally(() => {
        disposeConversation(conversation);
        leaving.delete(id);
      });
    leaving.set(id, left);
  };
  const restored = async (id: string): Promise<Conversation> => {
    const bytes = shelf && (await readBytesIfAny(path.join(shelf, fileOf(id))));
    if (!bytes) return {};
    try {
      return { now: await model.restore(bytes) };
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      warn(error); // It begins anew, with the list that the client sends.
      return {};
    }
  };
  const putIdleAway = () => {
    for (const [id, { since }] of open) if (performance.now() - since > idle * 1000) putAway(id);
  };
  const timer = setInterval(putIdleAway, Math.max(100, idle * 250));
  timer.unref();

  return {
    async take(id) {
      await leaving.get(id);
      const { conversation } = open.get(id) ?? { conversation: await restored(id) };
      open.delete(id);
      return conversation;
    },
    putBack(id, conversation) {
      open.set(id, { conversation, since: performance.now() });
      if (open.size > most) putAway(open.keys().next().value!);
    },
    async close() {
      clearInterval(timer);
      for (const id of [...open.keys()]) putAway(id);
      await Promise.all(leaving.values());
    },
  };
}

/** Names of conversations are the clients', and no names of files. */
const fileOf = (id: string) => `${createHash('sha256').update(id).digest('hex')}.safetensors`;
