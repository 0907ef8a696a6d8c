/** famjs info: what runs on this machine, and which models come with it. */
import { Command } from 'commander';

const help = `
--backend auto takes the first backend of this list that starts. One that does
not is not needed: they all compute the same, some of them slower.
`;

export function infoCommand(): Command {
  return new Command('info')
    .description('show versions, the backends that start here and why others do not, and the shipped models')
    .addHelpText('after', help)
    .action(async () => {
      const { info } = await import('../info.ts');
      await info();
    });
}
