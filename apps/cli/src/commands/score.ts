/** famjs score: how well a model foresees a text. */
import { Command } from 'commander';
import { addModelOptions, type ModelOptionValues, modelHelp } from '../model-options.ts';
import { wholeNumber } from '../options.ts';

interface Options extends ModelOptionValues {
  file: string;
  maxTokens?: number;
  byPosition?: boolean;
  json?: boolean;
}

const help = `${modelHelp}
What the numbers mean:
  tokens      how many were read, those that open a text included
  loss        the mean of -ln p over all tokens but the first, p being what the
              model gave the token that came
  perplexity  e to the loss: as uncertain as a choice among so many
  --by-position gives the loss of stretches of the text, each twice as long as
  the one before: whether a model reads the end of a book as well as its middle.

Examples:
  famjs score my-model --file book.txt --by-position
  famjs score my-model --file book.txt --max-tokens 2k --json
`;

export function scoreCommand(): Command {
  const command = new Command('score')
    .description('say how likely a text is to a model')
    .argument('<model>', 'folder, URL or name of the model')
    .requiredOption('--file <file>', 'the text, in UTF-8')
    .option('--max-tokens <n>', 'only so many tokens of its beginning', wholeNumber('--max-tokens', 2, 1e9))
    .option('--by-position', 'also the loss of stretches of the text')
    .option('--json', 'print JSON and nothing else to the standard output');
  return addModelOptions(command).addHelpText('after', help).action(score);
}

async function score(place: string, options: Options): Promise<void> {
  const { scoreFile } = await import('../score.ts');
  const { interruptible } = await import('../terminal/interrupt.ts');
  const result = await interruptible(
    () => 'The text was not read to its end.',
    (signal) => scoreFile(place, options, signal),
  );
  const { tokens, loss, perplexity, positions = [] } = result;
  const lines = options.json
    ? [JSON.stringify(result)]
    : [
        `${tokens} tokens, loss ${loss.toFixed(4)}, perplexity ${perplexity.toFixed(2)}`,
        ...positions.map(
          ({ from, to, loss }) => `  ${`${from} to ${to - 1}`.padEnd(17)} loss ${loss.toFixed(4)}`,
        ),
      ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
