/** famjs eval: tests any model. */
import path from 'node:path';
import { Command } from 'commander';
import { addLoadOptions, type LoadOptionValues, loadChoicesOf, modelHelp } from '../model-options.ts';
import { oneOf } from '../options.ts';
import { addPassKeyOptions, type PassKeyOptionValues } from '../passkey/options.ts';

const tasks = ['passkey'] as const;

const help = `${modelHelp}
The test:
  famjs passkey --help explains it, and what its numbers mean.

Examples:
  famjs eval my-model
  famjs eval my-model --max-filler 20k --keys 20 --json
  famjs eval passkey-bswa2 --memory-segments 1
  famjs eval model.gguf --memory passkey --max-filler 2k --filler emma.txt
`;

export function evalCommand(): Command {
  const command = new Command('eval')
    .description('test what a model remembers')
    .argument('<model>', 'folder, URL or name of the model')
    .option('--task <name>', 'which test', oneOf('--task', tasks), tasks[0]);
  return addLoadOptions(addPassKeyOptions(command)).addHelpText('after', help).action(evaluate);
}

async function evaluate(model: string, options: PassKeyOptionValues & LoadOptionValues): Promise<void> {
  const { startBackend } = await import('../start-backend.ts');
  const { modelPlace } = await import('../passkey/model-folder.ts');
  const { testModels } = await import('../passkey/test-models.ts');
  const backend = await startBackend(options.backend);
  const name = path.basename(path.resolve(model));
  const tested = { name, place: modelPlace(model), choices: loadChoicesOf(options) };
  await testModels([tested], backend, options, `passkey-${name}-${backend}-seed${options.seed}`);
}
