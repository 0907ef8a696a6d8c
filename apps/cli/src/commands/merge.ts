/** famjs merge: a model with its adapters in its weights, as a folder of Hugging Face. */
import { Command } from 'commander';
import { type AdditionValues, addAdditionOptions, additionsOf } from '../model-options.ts';

interface Options extends AdditionValues {
  out: string;
}

const help = `
What is written:
  The model in float32, its adapters and those of its memory added to its
  weights: config.json, model.safetensors and its tokenizer, which transformers
  loads. A memory's prompt lies beside them, in fam.json and fam.safetensors,
  which famjs reads. All of it or nothing; one weight is in memory at a time.

Examples:
  famjs merge owner/model --adapter my-adapter --out merged
  famjs merge model.gguf --memory my-memory --out merged
`;

export function mergeCommand(): Command {
  const command = new Command('merge')
    .description('write a model with its adapters in its weights')
    .argument('<model>', 'folder, .gguf file, URL or name of the model')
    .requiredOption('--out <folder>', 'where it goes; not there yet, or empty');
  return addAdditionOptions(command).addHelpText('after', help).action(merge);
}

async function merge(place: string, { out, ...additions }: Options): Promise<void> {
  const { saveMerged } = await import('@famjs/zoo/node');
  const { modelPlace } = await import('../passkey/model-folder.ts');
  const { interruptible } = await import('../terminal/interrupt.ts');
  await interruptible(
    () => 'Nothing was written.',
    (signal) => saveMerged(out, modelPlace(place), { ...additionsOf(additions), signal }),
  );
  process.stdout.write(`${out}\n`);
}
