/** famjs convert: a memory or an adapter with its numbers in another dtype, as a folder of its own. */
import type { FileDtype } from '@famjs/zoo';
import { Command, Option } from 'commander';
import { fileDtypes } from '../names.ts';
import { oneOf } from '../options.ts';

interface Options {
  dtype: FileDtype;
  baseFrom?: string;
  out: string;
}

const help = `
What is written:
  A memory as famjs train makes it, or an adapter as PEFT saves it, with the
  same content in other numbers: f16 takes half the bytes of f32. It stays one
  of its base model, and PEFT loads its adapter. All of it or nothing; the model
  is not needed. Numbers beyond 65,504 do not fit f16 and are refused.

Examples:
  famjs convert runs/run-seed0/memory --dtype f16 --out my-memory
  famjs convert my-memory --dtype f32 --base-from owner/name --out published
`;

export function convertCommand(): Command {
  return new Command('convert')
    .description('write a memory or an adapter in other numbers')
    .argument('<memory>', 'folder, URL or name of a memory or an adapter')
    .addOption(
      new Option('--dtype <name>', `how its numbers are written: ${fileDtypes.join(', ')}`)
        .argParser(oneOf('--dtype', fileDtypes))
        .makeOptionMandatory(),
    )
    .option('--base-from <words>', 'where the base model of a memory is to be had, such as owner/name')
    .requiredOption('--out <folder>', 'where it goes; not there yet, or empty')
    .addHelpText('after', help)
    .action(convert);
}

async function convert(place: string, { out, ...options }: Options): Promise<void> {
  const { saveConverted } = await import('@famjs/zoo/node');
  const { interruptible } = await import('../terminal/interrupt.ts');
  await interruptible(
    () => 'Nothing was written.',
    (signal) => saveConverted(out, place, { ...options, signal }),
  );
  process.stdout.write(`${out}\n`);
}
