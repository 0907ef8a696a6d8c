/** famjs doctor: does every backend here compute what it should? */
import { Command } from 'commander';

const help = `
What is examined:
  Each backend that starts here: its version and device; every kernel of ours,
  by value and gradient, against a composition on cpu or loops in float64; and
  a small model that comes with famjs, from its files to what it says of a text.
  For a backend that does not start: why, and what to do. None of them is needed
  but one.

  The exit status is 1 when something is wrong. What is printed is meant to be
  pasted into an issue; it names the machine, and nothing of you or your files.

Examples:
  famjs doctor
  famjs doctor --backend webgpu --json
`;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check that every backend here computes what it should')
    .option('--backend <name>', 'this backend alone (default: all)')
    .option('--json', 'print JSON and nothing else to the standard output')
    .addHelpText('after', help)
    .action(examine);
}

async function examine(options: { backend?: string; json?: boolean }): Promise<void> {
  const { runDoctor } = await import('../doctor/run.ts');
  process.exitCode = await runDoctor(options);
}
