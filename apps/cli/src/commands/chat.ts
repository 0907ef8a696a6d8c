/** famjs chat: talk to a model for as long as you like. */
import { Command } from 'commander';
import { addModelOptions, type ModelOptionValues, modelHelp } from '../model-options.ts';
import { wholeNumber } from '../options.ts';
import { addSamplingOptions, type SamplingOptionValues } from '../sampling-options.ts';

interface Options extends ModelOptionValues, SamplingOptionValues {
  maxTokens?: number;
  system?: string;
}

const help = `${modelHelp}
While you talk:
  A line is what you say. The model reads it as its chat template has it, and
  answers. What you type with a slash before it:
    /read <file>   have a text read, of any length, in the same memory
    /save <file>   write the session down, what was said included
    /load <file>   go on from a saved session
    /fork          go on in a fork; /back returns to where it was made
    /memory        what the session has read and holds
    /help, /quit
  Ctrl-C stops an answer or a reading and keeps the session; pressed while
  nothing runs, it leaves. Answers go to the standard output, all else to the
  standard error.

Examples:
  famjs chat my-model
  famjs chat my-model --system "Answer in one sentence." --temperature 0
  famjs chat my-model --context 8192
`;

export function chatCommand(): Command {
  const command = new Command('chat')
    .description('talk to a model, which reads, remembers and is saved as you say')
    .argument('<model>', 'folder, URL or name of the model')
    .option('--system <text>', 'what the model is told before you talk')
    .option(
      '--max-tokens <n>',
      'how many tokens an answer has, at most (default: as the model likes)',
      wholeNumber('--max-tokens', 1, 1e9),
    );
  return addModelOptions(addSamplingOptions(command, 0.7)).addHelpText('after', help).action(chat);
}

async function chat(place: string, options: Options): Promise<void> {
  const { runChat } = await import('../chat/run.ts');
  await runChat(place, options);
}
