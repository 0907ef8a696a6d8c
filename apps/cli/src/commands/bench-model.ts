/** famjs bench model: how fast is a real model, and does it stay so over a whole book? */
import { Command, Option } from 'commander';
import type { ModelBenchOptions } from '../bench/model/run.ts';
import { clockOption, peerOption } from '../bench/peer-options.ts';
import { addModelOptions, modelHelp } from '../model-options.ts';
import { weightDtypes } from '../names.ts';
import { oneOf, wholeNumber } from '../options.ts';

const help = `${modelHelp}
What is measured:
  Reading the first tokens of --text into an empty memory, and writing on from
  there, at batch 1, without end tokens; each --peer does the same in turns, in
  the same run. "times faster" is its time over that of FAM.js, round by round.
  --beside has the model itself, held otherwise, do the same too.
  --flat reads on to two places of the text, saves the session at both, and
  writes from both in turns: neither the time nor the state may have grown.
  Memory is the most that a process has held, whatever it did.
  --clock cpu counts the processor time of each process instead, of all its
  threads, which other programs on the machine hardly change; give each one
  thread, by taskset or the like, for then no thread waits for another.

Peers:
  Programs that are asked line by line; tooling/peers of the repository has
  them for PyTorch (transformers), llama.cpp and transformers.js (ONNX Runtime).

Examples:
  famjs bench model SmolLM2-135M-Instruct.Q4_1.gguf --text emma.txt
  taskset -c 0 famjs bench model model.gguf --text emma.txt --clock cpu
  famjs bench model model.gguf --text emma.txt --beside f32
  famjs bench model model --text emma.txt --tokens 512 --flat 10k,200k --json
`;

const natural = (name: string) => wholeNumber(name, 1, 1e9);
const list = (name: string) => (text: string) => text.split(',').map((part) => natural(name)(part.trim()));

export function benchModelCommand(): Command {
  const command = new Command('model')
    .description('time a real model against its peers, and against itself further on in a book')
    .argument('<model>', 'a folder, a GGUF file, a URL, or the name of a shipped model')
    .requiredOption('--text <file>', 'what is read, in UTF-8')
    .addOption(
      new Option('--tokens <n,…>', 'how many tokens are read')
        .argParser(list('--tokens'))
        .default([512, 2048], '512,2048'),
    )
    .option('--write <n>', 'how many tokens are written after them', natural('--write'), 16)
    .option('--rounds <n>', 'how often each contender is timed', natural('--rounds'), 3)
    .addOption(peerOption())
    .addOption(
      new Option('--beside <dtype,…>', `the same model with its matrices held as ${weightDtypes.join(', ')}`)
        .argParser((text) => text.split(',').map((dtype) => oneOf('--beside', weightDtypes)(dtype.trim())))
        .default([], 'none'),
    )
    .addOption(clockOption())
    .option('--flat <n,n>', 'two places in the text at which writing is compared', list('--flat'))
    .option('--json', 'print JSON instead of the table')
    .addHelpText('after', help)
    .action(async (model: string, options: ModelBenchOptions) => {
      const { benchModel } = await import('../bench/model/run.ts');
      await benchModel(model, options);
    });
  return addModelOptions(command);
}
