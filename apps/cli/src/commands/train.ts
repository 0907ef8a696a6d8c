/** famjs train: trains one model by a named recipe, or as a run.yaml says. */
import path from 'node:path';
import { ConfigError, require } from '@famjs/backends/errors';
import { Argument, Command } from 'commander';
import { isPassKeyRecipe, passKeyRecipes } from '../names.ts';
import { backendOption, bookOption, seedOption } from '../options.ts';

interface Options {
  seed: number;
  model?: string | undefined;
  book?: string[] | undefined;
  backend: string;
  out?: string | undefined;
  fresh?: boolean | undefined;
  init?: boolean | undefined;
}

const help = `
Recipes:
  fam    TransformerFAM: carries what it reads in a working memory
  bswa0  block sliding window attention that sees its own block only; bswa1 and
         bswa2 see 1 and 2 blocks more with every layer
  paper  TransformerFAM by the paper's own means, with as many steps: the update
         of FAM is not normalised, random state passing in place of disturbances
  smollm2-passkey
         SmolLM2-135M with LoRA and a FAM of 16: the same test in its own words,
         beside books (--book), whose language it keeps
  run.yaml
         any file of this kind: a model, what of it is trained, on what, and how

What the numbers mean:
  loss   cross-entropy of the key's digits, in nats; falls towards 0
  digits the share of the digits recalled, in percent; guessing gets 10
  keys   the share of the keys recalled in full, in percent
  All are means over the last 50 steps. The texts grow longer on the way, so the
  numbers may turn before they go on.

Checkpoints:
  One is written every 20 seconds, whole or not at all. After Ctrl-C, a crash or
  kill -9 the same command goes on from it, and ends with the same weights to
  the bit. They lie in runs/passkey-seed<seed>/, as does the trained
  model unless --out says otherwise; famjs passkey --train uses the same.

Examples:
  famjs train fam
  famjs train smollm2-passkey --model SmolLM2-135M-Instruct.Q4_1.gguf \\
    --book pride-and-prejudice.txt --book moby-dick.txt
  famjs train --init my-model novels chats.jsonl
  famjs train run.yaml
  famjs train bswa2 --seed 1 --out my-model
  famjs eval my-model --max-filler 10k
`;

export function trainCommand(): Command {
  return new Command('train')
    .description('train a model by a recipe or a run.yaml')
    .addArgument(new Argument('<recipe>', `${passKeyRecipes.join(', ')}, smollm2-passkey, or a run.yaml`))
    .addArgument(
      new Argument('[data...]', 'with --init: texts, .jsonl and .parquet files, and folders of them'),
    )
    .option(
      '--init',
      'write a commented run.yaml for a model, which stands in place of the recipe, and its data',
    )
    .option('--model <model>', 'another model than the one that the run.yaml or the recipe names')
    .addOption(bookOption())
    .addOption(seedOption())
    .addOption(backendOption())
    .option('--out <folder>', 'where the trained model goes (default: beside the checkpoint)')
    .option('--fresh', 'start over although there is a checkpoint')
    .addHelpText('after', help)
    .action(trainOne);
}

async function trainOne(
  name: string,
  data: string[],
  { seed, fresh, init, ...options }: Options,
  command: Command,
): Promise<void> {
  if (init) {
    const { initRun } = await import('../training/init.ts');
    await initRun(name, data, 'run.yaml');
    process.stderr.write('run.yaml is written; famjs train run.yaml trains it.\n');
    return;
  }
  const { startBackend } = await import('../start-backend.ts');
  if (!isPassKeyRecipe(name)) return trainFromFile(name, { seed, fresh, ...options }, command);
  requireNone(name, { '--model': options.model, '--book': options.book });
  const { runFolder, trainModel } = await import('../training/train-model.ts');
  await startBackend(options.backend);
  const run = runFolder(seed);
  const anyBackend = command.getOptionValueSource('backend') === 'cli';
  await trainModel({ name, seed, run, folder: options.out ?? path.join(run, name), fresh, anyBackend });
}

/** @throws ConfigError when a recipe that makes its model and its texts itself is given others */
function requireNone(recipe: string, given: Record<string, unknown>): void {
  const names = Object.keys(given).filter((name) => given[name] !== undefined);
  require(names.length === 0, ConfigError, () => ({
    wrong: `${names.join(' and ')} cannot be given to ${recipe}, which trains a small model from scratch on texts of its own.`,
    expected: 'a run.yaml, or smollm2-passkey.',
    remedy: 'leave it out, or name another run.',
  }));
}

async function trainFromFile(place: string, options: Options, command: Command): Promise<void> {
  const { startBackend } = await import('../start-backend.ts');
  const { openRunFile } = await import('../training/run-place.ts');
  const { trainRun } = await import('../training/train-run.ts');
  const isGiven = (name: string) => command.getOptionValueSource(name) === 'cli';
  const seed = isGiven('seed') ? options.seed : undefined;
  const run = await openRunFile(place, { model: options.model, books: options.book, seed });
  await startBackend(options.backend);
  const folder = options.out ?? path.join('runs', `${run.name}-seed${run.file.seed}`);
  const tokens = path.join('runs', 'tokens');
  await trainRun({ run, folder, tokens, fresh: options.fresh, anyBackend: isGiven('backend') });
}
