/** A conversation: a session, and where it stood before its last turn, so that a turn can be cut short, said anew or taken back. */
import { ChatTemplateError } from '@famjs/backends/errors';
import type { ChatMessage, ChatOptions, ReadInput, Written } from '@famjs/zoo';
import type { ServedModel, ServedSession, Texts } from './model.ts';

export interface Conversation {
  now?: ServedSession | undefined;
  before?: ServedSession | undefined;
}

/** A way to go on: from a session of the conversation, or from nothing. */
interface Way {
  from: ServedSession | undefined;
  write(session: ServedSession): Texts;
}

export interface Reply {
  /** Tokens that the session held already. */
  held: number;
  /** What the model says. The conversation stands behind what was taken of it. */
  texts: Texts;
}

type Options = ChatOptions & { maxTokens: number };

/**
 * Replies to a list of messages, of which only what the conversation does not hold is read. A list that has another past is read
 * from where they part, if that is the last turn, or from its beginning.
 *
 * @throws what `chat` throws before its first text; the conversation is then as it was
 */
export function replyTo(
  conversation: Conversation,
  model: ServedModel,
  messages: readonly ChatMessage[],
  options: Options,
): Promise<Reply> {
  const held = [conversation.now, conversation.before].filter((session) => session !== undefined);
  const ways = [...held.filter((session) => goesOn(session.messages, messages)), undefined].map(
    (from): Way => ({
      from,
      write: (session) => session.chat(messages.slice(from?.messages.length ?? 0), options),
    }),
  );
  return begin(conversation, model, ways);
}

/** Writes on from a prompt, which stands behind all that the conversation has read. */
export function writeOn(
  conversation: Conversation,
  model: ServedModel,
  prompt: ReadInput,
  options: Options,
): Promise<Reply> {
  return begin(conversation, model, [
    { from: conversation.now, write: (session) => session.generate(prompt, options) },
  ]);
}

export function disposeConversation({ now, before }: Conversation): void {
  now?.dispose();
  before?.dispose();
}

/** Whether a list says more after what was said. A client may have trimmed the replies that it was given. */
function goesOn(said: readonly ChatMessage[], list: readonly ChatMessage[]): boolean {
  const same = ({ role, content }: ChatMessage, other: ChatMessage) =>
    role === other.role &&
    (role === 'assistant' ? content.trim() === other.content.trim() : content === other.content);
  return list.length > said.length && said.every((message, i) => same(message, list[i]!));
}

/** Takes the first way whose template takes the messages, up to its first text; then the conversation goes that way. */
async function begin(conversation: Conversation, model: ServedModel, ways: readonly Way[]): Promise<Reply> {
  for (const way of ways) {
    const { from, write } = way;
    const held = from?.length ?? 0;
    const session = from?.fork() ?? model.session();
    const texts = write(session);
    try {
      const first = await texts.next();
      move(conversation, from, session);
      return { held, texts: after(first, texts) };
    } catch (error) {
      session.dispose();
      if (way === ways.at(-1) || !(error instanceof ChatTemplateError)) throw error;
    }
  }
  throw new Error('there is no way to go on');
}

/** Puts the conversation to a session that begins at `from`, and frees what is left behind. */
function move(conversation: Conversation, from: ServedSession | undefined, session: ServedSession): void {
  const { now, before } = conversation;
  if (now !== from) now?.dispose();
  if (before !== from) before?.dispose();
  conversation.now = session;
  conversation.before = from;
}

async function* after(first: IteratorResult<string, Written | undefined>, texts: Texts): Texts {
  try {
    let step = first;
    while (!step.done) {
      yield step.value;
      step = await texts.next();
    }
    return step.value;
  } finally {
    await texts.return(undefined);
  }
}
