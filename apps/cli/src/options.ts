/** Options that several commands share, and the parsers of their values. */
import { type BackendName, ConfigError, require, setBackend } from '@famjs/backends';
import { Option } from 'commander';

/** Parses a whole number. @throws ConfigError when it is none or out of range */
export function wholeNumber(name: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    require(/^\d+$/.test(text) && value >= least && value <= most, ConfigError, () => ({
      wrong: `${name} is "${text}".`,
      expected: `a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}.`,
      remedy: 'correct it; --help explains the options.',
    }));
    return value;
  };
}

/** Parses a number above 0. @throws ConfigError when it is none */
export function positiveNumber(name: string): (text: string) => number {
  return (text) => {
    require(Number(text) > 0 && Number.isFinite(Number(text)), ConfigError, () => ({
      wrong: `${name} is "${text}".`,
      expected: 'a number above 0, such as 1e-4.',
      remedy: 'correct it; --help explains the options.',
    }));
    return Number(text);
  };
}

/** Checks one of several known names. @throws ConfigError when it is another */
export function oneOf<Name extends string>(name: string, known: readonly Name[]): (text: string) => Name {
  return (text) => {
    require((known as readonly string[]).includes(text), ConfigError, () => ({
      wrong: `${name} is "${text}".`,
      expected: known.length > 1 ? `one of ${known.join(', ')}.` : `${known[0]}.`,
      remedy: 'correct it; --help explains the options.',
    }));
    return text as Name;
  };
}

/** Parses known names with commas between them. @throws ConfigError when one is unknown */
export function someOf<Name extends string>(name: string, known: readonly Name[]): (text: string) => Name[] {
  const check = oneOf(name, known);
  return (text) => [...new Set(text.split(',').map((part) => check(part.trim())))];
}

export const backendOption = () =>
  new Option(
    '--backend <name>',
    'what computes: tensorflow, wasm, cpu, or auto for the fastest that starts here; they agree in all but speed',
  ).default('auto');

export const seedOption = () =>
  new Option('--seed <n>', 'fixes what is random; equal seeds give equal results')
    .argParser(wholeNumber('--seed', 0, 2 ** 31 - 1))
    .default(0);

/** Starts the backend that the user named. @throws BackendUnavailableError when it is unknown or does not start */
export function startBackend(name: string): Promise<BackendName> {
  return setBackend(name as BackendName | 'auto');
}
