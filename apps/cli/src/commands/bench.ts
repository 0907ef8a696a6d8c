/** famjs bench: how fast are the kernels, against what anyone would write without them? */
import { Argument, Command } from 'commander';
import type { BenchmarkName } from '../bench/benchmarks.ts';
import type { BrowserOptions } from '../bench/page/serve.ts';
import { benchmarkNames } from '../names.ts';
import { oneOf, wholeNumber } from '../options.ts';
import { benchModelCommand } from './bench-model.ts';
import { benchTrainingCommand } from './bench-training.ts';

interface Options extends BrowserOptions {
  backend: string;
  rounds: number;
  only: string;
  page?: boolean;
  json?: boolean;
}

const help = `
Benchmarks:
  attention  the kernel against concat, matMul, mask, softmax, matMul; 16 blocks
             in one call against 16 calls
  step       a layer with kernels and without; its blocks at once and one by
             one; with FAM and without
  train      a whole training step of the PassKey model, with and without
             kernels
  decode     a session that writes a token at a time, with and without kernels;
             the same token in a block of 64 and in larger ones, and in a block
             that is nearly full: how many times faster the first is, is how
             much the last costs more

What the numbers mean:
  Two contenders do the same work in turns, in one run: times depend on the
  machine and on what else it does, their ratio hardly does. They must agree in
  their results, or the benchmark fails. Medians, with the quartiles behind
  them. "times faster" is the peer's time over ours, round by round: 2 is twice
  as fast, 0.95 is 5 % slower. "memory" is the most that was held at once beyond
  what was given: what the backend counts on webgl and webgpu, what the engine
  counts elsewhere.

In a browser:
  --page bundles the same benchmarks, serves them on this machine only, and
  starts Chrome or Chromium without a window. It needs Vite beside famjs:
  npm install vite. --software has GPUs played by a program.

A real model, and a run of training, beside other libraries:
  famjs bench model --help
  famjs bench training --help

Examples:
  famjs bench
  famjs bench train --backend wasm
  famjs bench attention --only "one token"
  famjs bench decode --only "in a block" --backend wasm,tensorflow,webgpu
  famjs bench attention --backend webgl,webgpu --page
  famjs bench step --rounds 21 --json > step.json
`;

export function benchCommand(): Command {
  return new Command('bench')
    .description('time our kernels against their peers, in turns, here or in a browser')
    .addArgument(
      new Argument('[benchmark]', benchmarkNames.join(', '))
        .argParser(oneOf('[benchmark]', benchmarkNames))
        .default('attention'),
    )
    .option('--backend <names>', 'which backends, with commas between them', 'auto')
    .option('--rounds <n>', 'how often each contender is timed', wholeNumber('--rounds', 1, 10_000), 7)
    .option('--only <text>', 'only contests with this text in their name', '')
    .option('--page', 'run in a browser')
    .option('--browser <program>', 'which browser (default: the first Chrome or Chromium found)')
    .option('--window', "show the browser's window")
    .option('--software', 'in a browser, have GPUs played by a program')
    .option('--json', 'print JSON instead of the table')
    .addHelpText('after', help)
    .enablePositionalOptions() // `bench model` and `bench training` have options of the same names.
    .addCommand(benchModelCommand())
    .addCommand(benchTrainingCommand())
    .action(run);
}

async function run(
  benchmark: BenchmarkName,
  { backend, rounds, only, page, json, ...browser }: Options,
): Promise<void> {
  const { bench } = await import('../bench/run.ts');
  const backends = backend.split(',').map((name) => name.trim());
  const { requireForNode, requireForPage } = await import('../start-backend.ts');
  backends.forEach(page ? requireForPage : requireForNode);
  await bench({ benchmark, backends, rounds, only }, page ? browser : undefined, json ?? false);
}
