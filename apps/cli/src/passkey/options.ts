/** The options of the PassKey test, which `passkey` and `eval` share. */
import { ConfigError, require } from '@famjs/backends/errors';
import type { Command } from 'commander';
import { fillerKinds, isFillerKind } from '../names.ts';
import { backendOption, seedOption, wholeNumber } from '../options.ts';

export interface PassKeyOptionValues {
  maxFiller: number;
  keys: number;
  /** A kind, or a text file. */
  filler: string;
  seed: number;
  everyToken: boolean;
  backend: string;
  json?: boolean;
  out: string;
}

const lengths = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((thousands) => thousands * 1000);

export function addPassKeyOptions(command: Command): Command {
  return command
    .option(
      '--max-filler <n>',
      'longest filler in tokens; the columns are 1k, 2k, 5k, 10k … up to it',
      wholeNumber('--max-filler', 1, 1e9),
      lengths.at(-1),
    )
    .option(
      '--keys <n>',
      'keys for each model and length, none of them seen in training; more narrow the interval and take longer',
      wholeNumber('--keys', 1, 10_000),
      100,
    )
    .option(
      '--filler <kind>',
      'periodic: the sentences of the filler come in the order of the paper, again and again; shuffled: in a random order; or a text, such as book.txt, of which each key gets another part',
      kindOrText,
      fillerKinds[0],
    )
    .addOption(backendOption())
    .addOption(seedOption())
    .option(
      '--every-token',
      'read all filler, also what no answer depends on: beyond the sight of a model without FAM, or ' +
        'once the state has come back to itself',
      false,
    )
    .option('--out <folder>', 'where the report goes, as HTML and JSON', 'reports')
    .option('--json', 'print the JSON of the report, and nothing else, to the standard output');
}

function kindOrText(text: string): string {
  require(isFillerKind(text) || text.endsWith('.txt'), ConfigError, () => ({
    wrong: `--filler is "${text}".`,
    expected: `one of ${fillerKinds.join(', ')}, or a text file whose name ends in .txt.`,
    remedy: 'correct it; --help explains the options.',
  }));
  return text;
}

/** The usual lengths below `most`, and `most` itself. */
export function fillersUpTo(most: number): number[] {
  return [...lengths.filter((length) => length < most), most];
}
