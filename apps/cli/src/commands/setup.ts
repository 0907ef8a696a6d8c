/** famjs setup: makes what npm alone cannot install work on this machine. */
import { ConfigError, require } from '@famjs/backends/errors';
import { Command } from 'commander';
import pc from 'picocolors';
import { SetupError } from '../setup/setup-error.ts';
import type { SetupOptions } from '../setup/tensorflow.ts';
import { interruptible } from '../terminal/interrupt.ts';

const help = `
What it does:
  @tensorflow/tfjs-node computes with an addon that its installer downloads,
  with a TensorFlow of 2022, from a file store that many networks block. This
  tries that download, and where it fails compiles the addon against a current
  TensorFlow out of the wheel that pip finds. A product and a gradient are
  checked before it says that it works; what failed is removed again.

What it needs:
  @tensorflow/tfjs-node, or with --cuda @tensorflow/tfjs-node-gpu, installed
  beside FAM.js (npm install --ignore-scripts), and without the download:
  Linux, Python 3 with pip, and g++. CUDA needs NVIDIA's driver besides.

What it leaves:
  TensorFlow's libraries in famjs under XDG_CACHE_HOME or ~/.cache (about
  1 GB, with CUDA several), and in the package a link to them and the addon.

Examples:
  famjs setup tensorflow
  famjs setup tensorflow --cuda
`;

interface Options extends SetupOptions {
  ifPossible: boolean;
  verbose: boolean;
}

export function setupCommand(): Command {
  const tensorflow = new Command('tensorflow')
    .description('make native TensorFlow work: the fastest backend of Node, on the processor or with CUDA')
    .option('--cuda', 'for NVIDIA GPUs: @tensorflow/tfjs-node-gpu and the CUDA build of TensorFlow', false)
    .option(
      '--tensorflow <version>',
      'build against this version of the wheel, without trying the download',
      version,
    )
    .option('--package <folder>', 'the installed package, where FAM.js is to use another than it finds')
    .option('--cache <folder>', 'where the libraries are kept')
    .option('--fresh', 'set up anew even what works, and download again what was kept', false)
    .option('--if-possible', 'succeed with one line where this machine lacks what is needed', false)
    .option('--verbose', 'show all that pip, the compiler and TensorFlow print', false)
    .addHelpText('after', help)
    .action(setUp);
  return new Command('setup')
    .description('make native TensorFlow work here')
    .addCommand(tensorflow.showHelpAfterError('(famjs setup tensorflow --help explains the options)'));
}

/** @throws ConfigError when it is no version */
function version(text: string): string {
  require(/^\d+\.\d+\.\d+(rc\d+)?$/.test(text), ConfigError, () => ({
    wrong: `--tensorflow is "${text}".`,
    expected: 'a version, such as 2.21.0.',
    remedy: 'correct it; `python3 -m pip index versions tensorflow_cpu` lists those in reach.',
  }));
  return text;
}

async function setUp(options: Options): Promise<void> {
  const { setUpTensorFlow } = await import('../setup/tensorflow.ts');
  try {
    const { version, gpu } = await interruptible(
      () => 'What was begun is removed; run it again to set TensorFlow up.',
      (signal) => setUpTensorFlow(options, { signal, verbose: options.verbose }),
    );
    const device = gpu ? 'on the GPU' : 'on the processor';
    print(`${pc.green('✓')} TensorFlow ${version} works ${device}: a product and a gradient are right`);
    if (options.cuda && !gpu)
      print(
        "No GPU was found: check that nvidia-smi lists one, and that its driver supports this TensorFlow's CUDA.",
      );
  } catch (error) {
    if (!(options.ifPossible && error instanceof SetupError && error.missing)) throw error;
    print(`TensorFlow is not set up: ${error.complaint.wrong} Expected: ${error.complaint.expected}`);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
