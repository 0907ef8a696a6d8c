/** famjs train: trains one model by a named recipe. */
import path from 'node:path';
import type { PassKeyRecipeName } from '@famjs/tasks';
import { Argument, Command } from 'commander';
import { passKeyRecipes } from '../names.ts';
import { backendOption, oneOf, seedOption } from '../options.ts';

interface Options {
  seed: number;
  backend: string;
  out?: string;
  fresh?: boolean;
}

const help = `
Recipes:
  fam    TransformerFAM: carries what it reads in a working memory
  bswa0  block sliding window attention that sees its own block only; bswa1 and
         bswa2 see 1 and 2 blocks more with every layer
  paper  TransformerFAM by the paper's own means, with as many steps: the update
         of FAM is not normalised, random state passing in place of disturbances

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
  famjs train bswa2 --seed 1 --out my-model
  famjs eval my-model --max-filler 10k
`;

export function trainCommand(): Command {
  return new Command('train')
    .description('train a model by one of the recipes of the PassKey test')
    .addArgument(
      new Argument('<recipe>', passKeyRecipes.join(', ')).argParser(oneOf('<recipe>', passKeyRecipes)),
    )
    .addOption(seedOption())
    .addOption(backendOption())
    .option('--out <folder>', 'where the trained model goes (default: beside the checkpoint)')
    .option('--fresh', 'start over although there is a checkpoint')
    .addHelpText('after', help)
    .action(trainOne);
}

async function trainOne(
  name: PassKeyRecipeName,
  { seed, fresh, ...options }: Options,
  command: Command,
): Promise<void> {
  const { startBackend } = await import('../start-backend.ts');
  const { runFolder, trainModel } = await import('../training/train-model.ts');
  await startBackend(options.backend);
  const run = runFolder(seed);
  const anyBackend = command.getOptionValueSource('backend') === 'cli';
  await trainModel({ name, seed, run, folder: options.out ?? path.join(run, name), fresh, anyBackend });
}
