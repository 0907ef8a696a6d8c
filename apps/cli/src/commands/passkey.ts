/** famjs passkey: the main test, on the models that the zoo ships or on models trained on the spot. */
import path from 'node:path';
import { Command, Option } from 'commander';
import { passKeyModels } from '../names.ts';
import { someOf } from '../options.ts';
import { addPassKeyOptions, type PassKeyOptionValues } from '../passkey/options.ts';

interface Options extends PassKeyOptionValues {
  models: (typeof passKeyModels)[number][];
  train?: boolean;
  fresh?: boolean;
}

const help = `
What it does:
  A text tells a model a key of five digits, goes on with filler, and asks for
  the key at its end. TransformerFAM (fam) carries the key in a working memory.
  Block sliding window attention with 0, 1 and 2 memory segments (bswa0, bswa1,
  bswa2) sees a window of text and no further. All of them have the same size,
  recipe and number of training steps; docs/passkey.md tells how they are made.

What the numbers mean:
  Each cell is the share of keys recalled in full, in percent; a guess gets
  0.001 %. 100 of 100 keys means that the true rate is above 96 % (the 95 %
  intervals are in the report). "sees back" is how many tokens back an answer
  can depend on. Every model has finished a column before the next is begun, and
  the report is on disk after every cell: stop with Ctrl-C when you have enough.

Examples:
  famjs passkey                                the shipped models, to 1M tokens
  famjs passkey --max-filler 10k --keys 20     a quick look
  famjs passkey --json > passkey.json          for programs
  famjs passkey --train                        trains the models first; after
                                               Ctrl-C the same command goes on
  famjs passkey --train --models fam --seed 1  one model, another beginning
`;

export function passkeyCommand(): Command {
  const command = new Command('passkey').description(
    'test which models remember a key over a million tokens',
  );
  return addPassKeyOptions(command)
    .addOption(
      new Option('--models <names>', 'which models, with commas between them')
        .argParser(someOf('--models', passKeyModels))
        .default([...passKeyModels], passKeyModels.join(',')),
    )
    .option('--train', 'train the models from scratch first, with checkpoints in runs/')
    .addOption(
      new Option('--fresh', 'train from the beginning although there are checkpoints').implies({
        train: true,
      }),
    )
    .addHelpText('after', help)
    .action(passkey);
}

async function passkey({ models, train, fresh, ...options }: Options, command: Command): Promise<void> {
  const { startBackend } = await import('../start-backend.ts');
  const { trainedModelFolder } = await import('../passkey/model-folder.ts');
  const { testModels } = await import('../passkey/test-models.ts');
  const { runFolder, trainModel } = await import('../training/train-model.ts');
  const backend = await startBackend(options.backend);
  const run = runFolder(options.seed);
  const trained = (name: string) => path.join(run, name);
  if (train) {
    const anyBackend = command.getOptionValueSource('backend') === 'cli';
    for (const name of models) {
      await trainModel({ name, seed: options.seed, run, folder: trained(name), fresh, anyBackend });
    }
  }
  const tested = models.map((name) => ({
    name,
    place: train ? trained(name) : trainedModelFolder(name),
  }));
  const reportName = `passkey-${train ? 'trained-' : ''}${backend}-seed${options.seed}`;
  await testModels(tested, backend, options, reportName);
}
