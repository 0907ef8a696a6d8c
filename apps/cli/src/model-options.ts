/** The options of every command that loads a model, declared once. */
import { ConfigError, require } from '@famjs/backends/errors';
import type { Preset } from '@famjs/layer';
import type { FamOptions, ModelOptions, WeightDtype } from '@famjs/zoo';
import { type Command, Option } from 'commander';
import { variants, weightDtypes } from './names.ts';
import { backendOption, oneOf, wholeNumber } from './options.ts';

export interface FamOptionValues {
  famLength?: number;
  blockSize?: number;
  memorySegments?: number;
  sinks?: number;
  variant?: Preset;
  context?: number;
}

/** What is added to a model. */
export interface AdditionValues {
  memory?: string | undefined;
  adapter?: string[] | undefined;
}

/** All that says how a model is loaded, but for where it computes. */
export interface LoadOptionValues extends FamOptionValues, AdditionValues {
  dtype?: WeightDtype;
}

export interface ModelOptionValues extends LoadOptionValues {
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
  --memory adds one that was trained for it, with its own blocks and segments;
  --adapter adds a LoRA as PEFT saves it, and may be given several times. They
  are folders, models of the Hub or URLs, as the model is. The memory "passkey"
  comes with famjs; famjs info passkey says which model it is of.
`;

export function addModelOptions(command: Command): Command {
  return addLoadOptions(command).addOption(backendOption());
}

export function addLoadOptions(command: Command): Command {
  return addAdditionOptions(addFamOptions(command)).addOption(
    new Option(
      '--dtype <name>',
      `how matrices are held: ${weightDtypes.join(', ')} (default: a GGUF file's as it has them, others f32)`,
    ).argParser(oneOf('--dtype', weightDtypes)),
  );
}

export function addAdditionOptions(command: Command): Command {
  const several = (place: string, before: string[] = []) => [...before, place];
  return command
    .option('--memory <place>', 'a memory that was trained for the model', once('--memory'))
    .option(
      '--adapter <place>',
      'an adapter (LoRA) in the files of PEFT; may be given several times',
      several,
    );
}

/** Of an option that says one thing. @throws ConfigError the second time */
function once(name: string) {
  return (value: string, before: string | undefined): string => {
    require(before === undefined, ConfigError, () => ({
      wrong: `${name} was given twice: ${before}, ${value}.`,
      expected: 'one memory at most.',
      remedy: 'leave one out.',
    }));
    return value;
  };
}

export type Additions = Pick<ModelOptions, 'memory' | 'adapters'>;

/** What `loadModel` is told of additions. */
export const additionsOf = ({ memory, adapter }: AdditionValues): Additions => ({
  memory,
  adapters: adapter,
});

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

export type LoadChoices = Pick<ModelOptions, 'context' | 'fam' | 'memory' | 'adapters' | 'dtype'>;

/** What `loadModel` is told by all of them. */
export const loadChoicesOf = (values: LoadOptionValues): LoadChoices => ({
  ...famOptionsOf(values),
  ...additionsOf(values),
  dtype: values.dtype,
});
