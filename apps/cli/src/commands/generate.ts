/** famjs generate: what a model writes after a text. */
import { Command } from 'commander';
import { addModelOptions, type ModelOptionValues, modelHelp } from '../model-options.ts';
import { wholeNumber } from '../options.ts';
import { addSamplingOptions, type SamplingOptionValues, samplingOf } from '../sampling-options.ts';

interface Options extends ModelOptionValues, SamplingOptionValues {
  prompt: string;
  maxTokens: number;
}

const help = `${modelHelp}
The text:
  The prompt is read as it is: chat templates are for famjs chat. What the model
  writes goes to the standard output as it comes, with a newline at the end and
  nothing else. It ends at an end token of the model, at a --stop text, which is
  not written, or after --max-tokens.

Examples:
  famjs generate my-model --prompt "Once upon a time" --max-tokens 50
  famjs generate my-model --prompt "The moon" --temperature 0.8 --seed 7
`;

export function generateCommand(): Command {
  const command = new Command('generate')
    .description('write on from a prompt')
    .argument('<model>', 'folder, URL or name of the model')
    .requiredOption('--prompt <text>', 'what the model goes on from')
    .option(
      '--max-tokens <n>',
      'how many tokens it writes, at most',
      wholeNumber('--max-tokens', 1, 1e9),
      200,
    );
  return addModelOptions(addSamplingOptions(command, 0)).addHelpText('after', help).action(generate);
}

async function generate(place: string, options: Options): Promise<void> {
  const { openModel } = await import('../open-model.ts');
  const { interruptible } = await import('../terminal/interrupt.ts');
  await interruptible(
    () => 'The text ends here.',
    async (signal) => {
      const { model } = await openModel(place, options, signal);
      const { prompt, maxTokens } = options;
      const writing = model.session().generate(prompt, { ...samplingOf(options), maxTokens, signal });
      for await (const text of writing) process.stdout.write(text);
      process.stdout.write('\n');
    },
  );
}
