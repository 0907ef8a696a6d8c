/** Options that several commands share, and the parsers of their values. */
import { ConfigError, require } from '@famjs/backends/errors';
import { Option } from 'commander';

/** A number as people write it: 12, 1e-4, 10k, 1.5M; NaN for anything else. */
function numberOf(text: string): number {
  const [, digits, unit] = /^([\d.]+(?:e[+-]?\d+)?)([kM]?)$/i.exec(text) ?? [];
  const value = Number(digits) * ({ k: 1e3, m: 1e6 }[unit?.toLowerCase() ?? ''] ?? 1);
  return Math.abs(value - Math.round(value)) < 1e-9 * value ? Math.round(value) : value;
}

/** Parses a whole number. @throws ConfigError when it is none or out of range */
export function wholeNumber(name: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = numberOf(text);
    require(Number.isInteger(value) && value >= least && value <= most, ConfigError, () => ({
      wrong: `${name} is "${text}".`,
      expected: `a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}, such as 2000 or 2k.`,
      remedy: 'correct it; --help explains the options.',
    }));
    return value;
  };
}

/** Parses a number above 0. @throws ConfigError when it is none */
export function positiveNumber(name: string): (text: string) => number {
  return (text) => {
    const value = numberOf(text);
    require(value > 0 && Number.isFinite(value), ConfigError, () => ({
      wrong: `${name} is "${text}".`,
      expected: 'a number above 0, such as 1e-4.',
      remedy: 'correct it; --help explains the options.',
    }));
    return value;
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
    'what computes: tensorflow, webgpu, wasm, cpu, or auto for the fastest that starts here; they agree in all but speed',
  ).default('auto');

/** Of the commands that open a run. */
export const bookOption = () =>
  new Option(
    '--book <place>',
    'a text that is filler in half of the rows of PassKey, in place of the books that the run names; may be given several times',
  ).argParser((place: string, before: string[] = []) => [...before, place]);

export const seedOption = () =>
  new Option('--seed <n>', 'fixes what is random; equal seeds give equal results')
    .argParser(wholeNumber('--seed', 0, 2 ** 31 - 1))
    .default(0);
