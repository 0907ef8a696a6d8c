/** What a server says of a file before it sends it: whether there is one, how long it is, and by what it is known again. */
import { CheckpointError } from '@famjs/backends';
import { sha256 } from '../../digest.ts';
import { type Answer, ask, isUnreached, markOf, totalOf } from '../http.ts';

export type Said =
  | { kind: 'none' }
  | { kind: 'unreached'; error: unknown }
  /** There may be one: it is not told how long, or by what it is known again. */
  | { kind: 'unsaid' }
  | { kind: 'file'; size: number; mark: string /** Of its content, where it is kept. */; key: string };

/** What the server answers to HEAD. */
export async function saidOf(url: URL, name: string, signal: AbortSignal | undefined): Promise<Said> {
  try {
    const said = await saidBy(await ask(url, {}, signal, 'HEAD'), name);
    // Some servers say that of whatever they do not send.
    return said.kind === 'file' && said.size === 0 ? { kind: 'unsaid' } : said;
  } catch (error) {
    if (isUnreached(error)) return { kind: 'unreached', error };
    // Refused, perhaps only because it is HEAD.
    if (error instanceof CheckpointError) return { kind: 'unsaid' };
    throw error;
  }
}

/** What an answer says, of which nothing was read yet; undefined is that there is no such file. */
export async function saidBy(answer: Answer | undefined, name: string): Promise<Said> {
  if (!answer) return { kind: 'none' };
  const [size, mark] = [totalOf(answer), markOf(answer)];
  if (size === undefined || mark === undefined) return { kind: 'unsaid' };
  const content = await sha256(new TextEncoder().encode(`${size} ${mark}`));
  return { kind: 'file', size, mark, key: `${await keyStartOf(name)}.${content}` };
}

/** What the keys of a file's contents begin with. */
export const keyStartOf = async (name: string): Promise<string> =>
  (await sha256(new TextEncoder().encode(name))).slice(0, 16);
