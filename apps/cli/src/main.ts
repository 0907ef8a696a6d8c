#!/usr/bin/env node
/** famjs: the command line of FAM.js. */
import { Command } from 'commander';
import { evalCommand } from './commands/eval.ts';
import { infoCommand } from './commands/info.ts';
import { parityCommand } from './commands/parity.ts';
import { passkeyCommand } from './commands/passkey.ts';
import { trainCommand } from './commands/train.ts';
import { report } from './terminal/failure.ts';
import { famjsVersion } from './versions.ts';

const famjs = new Command('famjs')
  .description(
    'TransformerFAM in TypeScript: a Transformer whose blocks of text share a working memory (FAM), so that it reads\n' +
      'texts of any length in constant space. These commands train, test and compare such models.',
  )
  .version(famjsVersion, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'explain a command: famjs <command> --help')
  .helpCommand(false)
  .addHelpText(
    'after',
    '\nStart here:\n' +
      '  famjs passkey                  the main test: which models remember a key over a million tokens?\n' +
      '  famjs info                     what runs on this machine\n',
  );
for (const command of [passkeyCommand(), trainCommand(), evalCommand(), parityCommand(), infoCommand()]) {
  famjs.addCommand(command.showHelpAfterError(`(famjs ${command.name()} --help explains the options)`));
}

try {
  await famjs.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
