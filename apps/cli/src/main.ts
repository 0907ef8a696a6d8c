#!/usr/bin/env node
/** famjs: the command line of FAM.js. What a command computes with is loaded when it runs; its help needs none of it. */
import { Command } from 'commander';
import { benchCommand } from './commands/bench.ts';
import { cacheCommand } from './commands/cache.ts';
import { chatCommand } from './commands/chat.ts';
import { convertCommand } from './commands/convert.ts';
import { doctorCommand } from './commands/doctor.ts';
import { evalCommand } from './commands/eval.ts';
import { generateCommand } from './commands/generate.ts';
import { infoCommand } from './commands/info.ts';
import { mergeCommand } from './commands/merge.ts';
import { parityCommand } from './commands/parity.ts';
import { passkeyCommand } from './commands/passkey.ts';
import { pullCommand } from './commands/pull.ts';
import { scoreCommand } from './commands/score.ts';
import { serveCommand } from './commands/serve.ts';
import { setupCommand } from './commands/setup.ts';
import { trainCommand } from './commands/train.ts';
import { report } from './terminal/failure.ts';
import { outliveOutput } from './terminal/output.ts';
import { famjsVersion } from './versions.ts';

outliveOutput();

const famjs = new Command('famjs')
  .description(
    'TransformerFAM in TypeScript: a Transformer with a working memory (FAM), which reads texts of any length in ' +
      'constant space. These commands train, test and compare such models.',
  )
  .enablePositionalOptions() // An option belongs to the command that it follows: `bench model` and `bench` share some names.
  .version(famjsVersion, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .helpCommand('help [command]', 'explain a command')
  .showHelpAfterError('(famjs --help lists the commands)')
  .addHelpText(
    'after',
    '\nStart here:\n' +
      '  famjs chat <model>     talk to a model, and give it books to read\n' +
      '  famjs passkey          the main test: who remembers a key over 1M tokens?\n' +
      '  famjs info             what runs on this machine; famjs doctor checks it\n' +
      '  famjs passkey --help   each command explains itself, with examples\n\n' +
      'Numbers may be written as 10k or 1.5M.\n',
  )
  .hook('preAction', async () => {
    const { enableProdMode } = await import('@tensorflow/tfjs-core');
    enableProdMode(); // Keeps TensorFlow.js from advertising its native backend on the cpu backend.
  });
for (const command of [
  chatCommand(),
  generateCommand(),
  scoreCommand(),
  serveCommand(),
  pullCommand(),
  cacheCommand(),
  mergeCommand(),
  convertCommand(),
  passkeyCommand(),
  trainCommand(),
  evalCommand(),
  parityCommand(),
  benchCommand(),
  infoCommand(),
  doctorCommand(),
  setupCommand(),
]) {
  famjs.addCommand(command.showHelpAfterError(`(famjs ${command.name()} --help explains the options)`));
}

try {
  await famjs.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
