/** famjs eval: tests the model of any folder. */
import path from 'node:path';
import { Command } from 'commander';
import { type AdditionValues, addAdditionOptions, additionsOf } from '../model-options.ts';
import { oneOf } from '../options.ts';
import { addPassKeyOptions, type PassKeyOptionValues } from '../passkey/options.ts';

const tasks = ['passkey'] as const;

const help = `
The model:
  A folder as Hugging Face lays it out: config.json, model.safetensors or its
  shards, tokenizer.json; for TransformerFAM also fam.json and fam.safetensors.
  Without fam.json it is tested as the plain model that it is: full attention
  over its context (4,096 tokens, or fewer if it was trained on fewer), and
  beyond that a window of blocks with the first token kept.

The test:
  famjs passkey --help explains it, and what its numbers mean.

Examples:
  famjs eval my-model
  famjs eval my-model --max-filler 20k --keys 20 --json
`;

export function evalCommand(): Command {
  const command = new Command('eval')
    .description('test what the model of a folder remembers')
    .argument('<model>', 'folder of the model')
    .option('--task <name>', 'which test', oneOf('--task', tasks), tasks[0]);
  return addAdditionOptions(addPassKeyOptions(command)).addHelpText('after', help).action(evaluate);
}

async function evaluate(folder: string, options: PassKeyOptionValues & AdditionValues): Promise<void> {
  const { startBackend } = await import('../start-backend.ts');
  const { testFolders } = await import('../passkey/test-folders.ts');
  const backend = await startBackend(options.backend);
  const name = path.basename(path.resolve(folder));
  const model = { name, folder, additions: additionsOf(options) };
  await testFolders([model], backend, options, `passkey-${name}-${backend}-seed${options.seed}`);
}
