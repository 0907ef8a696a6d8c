#!/usr/bin/env node
/** famjs: the command line of FAM.js. */
import * as tf from '@tensorflow/tfjs-core';
import { Command } from 'commander';
import { benchCommand } from './commands/bench.ts';
import { evalCommand } from './commands/eval.ts';
import { infoCommand } from './commands/info.ts';
import { parityCommand } from './commands/parity.ts';
import { passkeyCommand } from './commands/passkey.ts';
import { setupCommand } from './commands/setup.ts';
import { trainCommand } from './commands/train.ts';
import { report } from './terminal/failure.ts';
import { famjsVersion } from './versions.ts';

// Keeps TensorFlow.js from advertising its native backend on the cpu backend.
tf.enableProdMode();

const famjs = new Command('famjs')
  .description(
    'TransformerFAM in TypeScript: a Transformer with a working memory (FAM), which reads texts of any length in ' +
      'constant space. These commands train, test and compare such models.',
  )
  .version(famjsVersion, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .helpCommand(false)
  .addHelpText(
    'after',
    '\nStart here:\n' +
      '  famjs passkey          the main test: who remembers a key over 1M tokens?\n' +
      '  famjs info             what runs on this machine\n' +
      '  famjs passkey --help   each command explains itself, with examples\n',
  );
for (const command of [
  passkeyCommand(),
  trainCommand(),
  evalCommand(),
  parityCommand(),
  benchCommand(),
  infoCommand(),
  setupCommand(),
]) {
  famjs.addCommand(command.showHelpAfterError(`(famjs ${command.name()} --help explains the options)`));
}

try {
  await famjs.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
