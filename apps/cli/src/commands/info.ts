/** famjs info: what runs on this machine and which models come with it, or what one model or memory is and costs. */
import { CheckpointError, ConfigError, require } from '@famjs/backends/errors';
import { Command, Option } from 'commander';
import {
  type AdditionValues,
  addAdditionOptions,
  addFamOptions,
  type FamOptionValues,
  modelHelp,
} from '../model-options.ts';
import { backendOption, wholeNumber } from '../options.ts';

const help = `
Without a model:
  --backend auto takes the first backend of the list that starts. One that does
  not is not needed: they all compute the same, some of them slower.
${modelHelp}
  flan-palm-1b, flan-palm-8b and flan-palm-24b are the models of the paper, by
  their numbers. No weights are read: this answers at once, for any size.
  Of a memory, in place of the model, it says which model it is of.

What the numbers mean:
  bytes      of all weights, by the type in which files hold them
  state      what is kept of a text, at its largest, however long the text is
  a token    floating-point operations of reading or writing it, far into a text

With --check the weights are read, once in each dtype that the model can be held
in, and each reads a text:
  perplexity            e to the mean loss of the text's tokens
  error of logits       root mean square of their difference from float32's, as
                        a share of float32's logits
  same likeliest token  at so many of the places the first choice is float32's
  A GGUF file has no more dtypes than float32 and its own: rounding its numbers
  again would lose more than either.

Examples:
  famjs info
  famjs info flan-palm-24b
  famjs info passkey
  famjs info my-model --fam-length 64 --block-size 256
  famjs info my-model --check --file book.txt --max-tokens 1k
`;

export function infoCommand(): Command {
  const command = new Command('info')
    .description(
      'show versions, backends and what is shipped; or what a model is and costs, without loading it',
    )
    .argument('[model]', 'folder, URL or name of a model or a memory, or a preset of the paper');
  return addAdditionOptions(addFamOptions(command))
    .option('--check', 'load it in each dtype, and say what each loses on a text')
    .option('--file <file>', 'the text of --check, in UTF-8 (default: a page of Emma)')
    .addOption(
      new Option('--max-tokens <n>', 'only so many tokens of its beginning')
        .argParser(wholeNumber('--max-tokens', 2, 1e6))
        .default(512),
    )
    .addOption(backendOption())
    .addHelpText('after', help)
    .action(show);
}

interface Options extends FamOptionValues, AdditionValues {
  check?: boolean;
  file?: string;
  maxTokens: number;
  backend: string;
}

async function show(place: string | undefined, options: Options): Promise<void> {
  require(!options.check || place !== undefined, ConfigError, () => withoutWeights('without a model'));
  if (place === undefined) {
    const { info } = await import('../info.ts');
    await info();
    return;
  }
  process.stdout.write(`${(await infoOf(place, options)).join('\n')}\n`);
  if (!options.check) return;
  const { isPreset } = await import('@famjs/zoo');
  require(!isPreset(place), ConfigError, () => withoutWeights(`with ${place}, which has no weights`));
  const { checkDtypes } = await import('../check/check.ts');
  const { checkTable } = await import('../check/table.ts');
  const { interruptible } = await import('../terminal/interrupt.ts');
  const check = await interruptible(
    () => 'Not every dtype was checked.',
    (signal) => checkDtypes(place, options, signal),
  );
  process.stdout.write(`${checkTable(check)}\n`);
}

/** About a model, or about a memory where the place is one of those. */
async function infoOf(place: string, options: Options): Promise<string[]> {
  const { modelInfo } = await import('../model-info.ts');
  try {
    return await modelInfo(place, options);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    const { memoryInfo } = await import('../memory-info.ts');
    return await memoryInfo(place).catch(() => {
      throw error;
    });
  }
}

const withoutWeights = (how: string) => ({
  wrong: `--check was given ${how}.`,
  expected: 'a model whose weights can be read.',
  remedy: 'name a folder, a .gguf file, a URL or a model of the Hub.',
});
