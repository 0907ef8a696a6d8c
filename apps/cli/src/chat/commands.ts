/** What famjs chat does for a line with a slash before it. */
import { ConfigError, require } from '@famjs/backends';
import type { LanguageModel, Session } from '@famjs/zoo';
import { readBytes, saveTo } from '@famjs/zoo/node';
import { plural } from '../format.ts';
import { readingView } from '../reading-view.ts';
import { textOf } from '../text-file.ts';
import { describeMemory } from './memory.ts';

/** A conversation in progress. */
export interface Conversation {
  model: LanguageModel;
  session: Session;
  /** The sessions from which forks were made, the last one last. */
  forks: Session[];
}

/** Tells the person, not the program that reads the answers. */
export const say = (line: string) => void process.stderr.write(`${line}\n`);

/** How much a session has read and was told. */
export const whereIs = ({ length, messages }: Session) =>
  `${plural(length, 'token')}, ${plural(messages.length, 'message')}`;

type Action = (talk: Conversation, argument: string, signal: AbortSignal) => Promise<void> | void;

const actions: Readonly<Record<string, Action>> = {
  async '/read'(talk, file, signal) {
    const [before, view] = [talk.session.length, readingView()];
    await talk.session.read(textOf(file), { signal, onProgress: view.show }).finally(view.end);
    say(`Read ${plural(talk.session.length - before, 'token')} of ${file}.`);
  },
  async '/save'({ session }, file) {
    await saveTo(file, session);
    say(`Saved in ${file}: ${whereIs(session)}.`);
  },
  async '/load'(talk, file) {
    const restored = await talk.model.restore(await readBytes(file));
    talk.session.dispose();
    talk.session = restored;
    say(`Goes on from ${file}: ${whereIs(restored)}.`);
  },
  '/fork'(talk) {
    talk.forks.push(talk.session);
    talk.session = talk.session.fork();
    say(`This is fork ${talk.forks.length}. /back returns to where it was made.`);
  },
  '/back'(talk) {
    const before = talk.forks.pop();
    require(before, ConfigError, () => ({
      wrong: 'There is no fork to come back from.',
      expected: '/back after /fork.',
      remedy: 'go on here.',
    }));
    talk.session.dispose();
    talk.session = before;
    say(`Back at ${whereIs(before)}.`);
  },
  '/memory': ({ session }) => describeMemory(session).forEach(say),
  '/help'() {
    say('/read <file>  /save <file>  /load <file>  /fork  /back  /memory  /quit');
    say('Ctrl-C stops an answer and keeps the session; while nothing runs, it leaves.');
  },
};

const withFile = ['/read', '/save', '/load'];

/** @throws ConfigError for what is no command, and what its work throws */
export async function chatCommands(
  name: string,
  argument: string,
  talk: Conversation,
  signal: AbortSignal,
): Promise<void> {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  require(action, ConfigError, () => ({
    wrong: `There is no ${name}.`,
    expected: `one of ${Object.keys(actions).join(', ')}, /quit.`,
    remedy: 'correct it; what you say to the model begins without a slash.',
  }));
  require(!withFile.includes(name) || argument, ConfigError, () => ({
    wrong: `${name} was given no file.`,
    expected: `${name} and a path.`,
    remedy: 'say which file.',
  }));
  await action(talk, argument, signal);
}
