/** The options of commands that write text: how tokens are chosen, and when the text ends. */
import { ConfigError, require } from '@famjs/backends/errors';
import type { GenerateOptions } from '@famjs/zoo';
import type { Command } from 'commander';
import { positiveNumber, seedOption, wholeNumber } from './options.ts';

export interface SamplingOptionValues {
  temperature: number;
  topK?: number;
  topP?: number;
  minP?: number;
  repetitionPenalty?: number;
  stop?: string[];
  seed: number;
}

/** @param temperature unless given */
export function addSamplingOptions(command: Command, temperature: number): Command {
  return command
    .option(
      '--temperature <x>',
      'below 1 likely tokens gain, above 1 the others; 0 takes the most likely',
      between('--temperature', 0, 100),
      temperature,
    )
    .option('--top-k <n>', 'only so many of the most likely tokens', wholeNumber('--top-k', 1, 1e9))
    .option(
      '--top-p <x>',
      'only the most likely tokens that together have this probability',
      between('--top-p', Number.MIN_VALUE, 1),
    )
    .option(
      '--min-p <x>',
      "only tokens with this share of the most likely one's probability",
      between('--min-p', 0, 1),
    )
    .option(
      '--repetition-penalty <x>',
      'above 1, tokens that were there before are less likely',
      positiveNumber('--repetition-penalty'),
    )
    .option('--stop <text>', 'text that ends what is written; may be given several times', collect)
    .addOption(seedOption());
}

/** What `generate` and `chat` of a session are told by the options. */
export function samplingOf(values: SamplingOptionValues): Omit<GenerateOptions, 'maxTokens' | 'signal'> {
  const { temperature, topK, topP, minP, repetitionPenalty, stop, seed } = values;
  return { temperature, topK, topP, minP, repetitionPenalty, stop, seed };
}

const collect = (text: string, before: string[] = []) => [...before, text];

function between(name: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    require(value >= least && value <= most, ConfigError, () => ({
      wrong: `${name} is "${text}".`,
      expected: `a number from ${least < 1e-300 ? 'above 0' : least} to ${most}.`,
      remedy: 'correct it; --help explains the options.',
    }));
    return value;
  };
}
