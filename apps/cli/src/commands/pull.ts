/** famjs pull: fetches a model of the Hugging Face Hub, so that other commands find it on the disk. */
import { Command } from 'commander';
import { megabytes, plural } from '../format.ts';

const help = `
The model:
  owner/name                a model of the Hugging Face Hub: its safetensors,
                            or its GGUF file if it has one and no safetensors
  owner/name/file.gguf      one GGUF file of several
  owner/name@revision       a branch, a tag or a commit; without it, main

What is fetched:
  Only the files that FAM.js needs, into the cache that Python's tools use
  too. Every file is checked by its size and hash before it counts. Ctrl-C
  keeps what has come: the same command goes on from there.

The environment:
  HF_TOKEN         a token, for models that need one
  HF_HOME          where the cache is; HF_HUB_CACHE for the models alone
  HF_ENDPOINT      a mirror of the Hub
  HF_HUB_OFFLINE   1 to fetch nothing

Examples:
  famjs pull HuggingFaceTB/SmolLM2-135M-Instruct
  famjs generate HuggingFaceTB/SmolLM2-135M-Instruct --prompt "Once upon"
  famjs cache
`;

export function pullCommand(): Command {
  return new Command('pull')
    .description('fetch a model of the Hugging Face Hub, for use later and offline')
    .argument('<model>', 'owner/name of the model')
    .addHelpText('after', help)
    .action(pull);
}

async function pull(name: string): Promise<void> {
  const { pullModel } = await import('../hub/pull.ts');
  const { interruptible } = await import('../terminal/interrupt.ts');
  const { folder, files, bytes } = await interruptible(
    () => 'What has come is kept; the same command goes on from there.',
    (signal) => pullModel(name, signal),
  );
  process.stdout.write(`${folder}\n`);
  process.stderr.write(`${plural(files.length, 'file')}, ${megabytes(bytes)}, all as the Hub has them\n`);
}
