/** Regular expressions of files from outside, which take time in proportion to a name's length whatever they say. */
import { ConfigError } from '@famjs/backends';

/** Whether a name fits. */
export type Matcher = (name: string) => boolean;

/**
 * A pattern of whole names, in the words that Python's `re` and RE2 share.
 *
 * @throws ConfigError for what is no such pattern
 */
export async function matcherOf(pattern: string, source: string): Promise<Matcher> {
  // Pages download the engine when a pattern is met.
  const { RE2JS } = await import('re2js');
  try {
    const compiled = RE2JS.compile(pattern);
    return (name) => compiled.matches(name);
  } catch (cause) {
    const complaint = {
      wrong: `The pattern ${JSON.stringify(pattern)} of ${source} is none (${(cause as Error).message}).`,
      expected: 'a regular expression without references and looking around.',
      remedy: 'name the linear maps instead, as a list.',
    };
    throw new ConfigError(complaint, { cause });
  }
}

/** A pattern of names or of what they end with after a dot. @throws ConfigError as `matcherOf` */
export async function endingOf(pattern: string, source: string): Promise<Matcher> {
  if (!/^[\w.]+$/.test(pattern)) return matcherOf(`(.*\\.)?(${pattern})`, source);
  return (name) => name === pattern || name.endsWith(`.${pattern}`);
}
