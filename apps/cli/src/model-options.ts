/** The options of every command that loads a model, declared once. */
import type { Preset } from '@famjs/layer';
import type { FamOptions } from '@famjs/zoo';
import { type Command, Option } from 'commander';
import { variants } from './names.ts';
import { backendOption, oneOf, wholeNumber } from './options.ts';

export interface FamOptionValues {
  famLength?: number;
  blockSize?: number;
  memorySegments?: number;
  sinks?: number;
  variant?: Preset;
  context?: number;
}

export interface ModelOptionValues extends FamOptionValues {
  dtype: string;
  backend: string;
}

const MOST = 1e6;

/** What a command's help says of its model. */
export const modelHelp = `
The model:
  A folder as Hugging Face lays it out, a .gguf file, a model of the Hub (as
  owner/name), a URL, or the name of a shipped model (famjs info lists them).
  Without fam.json it is the plain model: the last --context tokens and the
  first one stay visible.
  --fam-length gives it a FAM, which remembers nothing until it is trained.
`;

export function addModelOptions(command: Command): Command {
  return addFamOptions(command)
    .addOption(
      new Option('--dtype <name>', 'how weights are held')
        .argParser(oneOf('--dtype', ['f32']))
        .default('f32'),
    )
    .addOption(backendOption());
}

/** Those that say what a model sees of a text. */
export function addFamOptions(command: Command): Command {
  return command
    .option(
      '--fam-length <n>',
      'FAM activations per layer; 0 turns FAM off',
      wholeNumber('--fam-length', 0, MOST),
    )
    .option('--block-size <n>', 'tokens per block', wholeNumber('--block-size', 1, MOST))
    .option(
      '--memory-segments <n>',
      'past blocks that stay visible',
      wholeNumber('--memory-segments', 0, MOST),
    )
    .option('--sinks <n>', 'first tokens of a text that stay visible', wholeNumber('--sinks', 0, MOST))
    .addOption(
      new Option('--variant <name>', 'how blocks remember each other').argParser(
        oneOf('--variant', variants),
      ),
    )
    .option(
      '--context <n>',
      'tokens that stay visible to a plain model (default: 4096, or fewer where it was trained on fewer)',
      wholeNumber('--context', 1, 1e9),
    );
}

/** What `loadModel` is told by the options. */
export function famOptionsOf({ context, ...values }: FamOptionValues): FamOptions {
  const { famLength: length, blockSize, memorySegments, sinks, variant } = values;
  const fam = { length, blockSize, memorySegments, sinks, variant };
  const chosen = Object.entries(fam).filter(([, value]) => value !== undefined);
  return { context, fam: chosen.length > 0 ? Object.fromEntries(chosen) : undefined };
}
