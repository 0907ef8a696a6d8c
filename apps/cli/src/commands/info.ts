/** famjs info: what runs on this machine and which models come with it, or what one model is and costs. */
import { Command } from 'commander';
import {
  type AdditionValues,
  addAdditionOptions,
  addFamOptions,
  type FamOptionValues,
  modelHelp,
} from '../model-options.ts';

const help = `
Without a model:
  --backend auto takes the first backend of the list that starts. One that does
  not is not needed: they all compute the same, some of them slower.
${modelHelp}
  flan-palm-1b, flan-palm-8b and flan-palm-24b are the models of the paper, by
  their numbers. No weights are read: this answers at once, for any size.

What the numbers mean:
  bytes      of all weights, by the type in which files hold them
  state      what is kept of a text, at its largest, however long the text is
  a token    floating-point operations of reading or writing it, far into a text

Examples:
  famjs info
  famjs info flan-palm-24b
  famjs info my-model --fam-length 64 --block-size 256
`;

export function infoCommand(): Command {
  const command = new Command('info')
    .description(
      'show versions, backends and shipped models; or what a model is and costs, without loading it',
    )
    .argument('[model]', 'folder, URL or name of a model, or a preset of the paper');
  return addAdditionOptions(addFamOptions(command)).addHelpText('after', help).action(show);
}

async function show(place: string | undefined, options: FamOptionValues & AdditionValues): Promise<void> {
  if (place === undefined) {
    const { info } = await import('../info.ts');
    await info();
    return;
  }
  const { modelInfo } = await import('../model-info.ts');
  process.stdout.write(`${(await modelInfo(place, options)).join('\n')}\n`);
}
