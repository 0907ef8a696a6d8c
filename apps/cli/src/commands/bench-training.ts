/** famjs bench training: how fast is a run of training, beside the same run in another library? */
import { Argument, Command } from 'commander';
import { clockOption, peerOption } from '../bench/peer-options.ts';
import type { TrainingBenchOptions } from '../bench/training/run.ts';
import { passKeyRecipes } from '../names.ts';
import { backendOption, bookOption, wholeNumber } from '../options.ts';

const help = `
What is measured:
  Whole steps from the beginning of a run: batch, loss, gradients, update. Each
  --peer gets the same weights and takes the same steps on the same batches, in
  turns, in the same run, without what disturbs or holds FAM. "times faster" is
  its time over that of FAM.js, step by step. Their losses must agree, or the
  benchmark fails. The rate is 0.001 throughout.
  --clock cpu counts the processor time of each process instead, of all its
  threads, which other programs on the machine hardly change.

Peers:
  Programs that are asked line by line; tooling/peers of the repository has one
  for PyTorch.

Examples:
  famjs bench training fam --peer "python tooling/peers/pytorch-train.py"
  famjs bench training smollm2-passkey --model SmolLM2-135M-Instruct.Q4_1.gguf \\
    --book moby-dick.txt --backend tensorflow \\
    --peer "python tooling/peers/pytorch-train.py"
`;

export function benchTrainingCommand(): Command {
  return new Command('training')
    .description('time the steps of a run of training against its peers')
    .addArgument(new Argument('<run>', `${passKeyRecipes.join(', ')}, smollm2-passkey, or a run.yaml`))
    .option('--model <model>', 'another model than the one that the run names')
    .addOption(bookOption())
    .addOption(backendOption())
    .option('--rounds <n>', 'steps that are timed', wholeNumber('--rounds', 1, 10_000), 5)
    .addOption(peerOption())
    .addOption(clockOption())
    .option('--json', 'print JSON instead of the table')
    .addHelpText('after', help)
    .action(async (run: string, options: TrainingBenchOptions) => {
      const { benchTraining } = await import('../bench/training/run.ts');
      await benchTraining(run, options);
    });
}
