/** How a command that did not finish says so, and with which exit status. */
import { FamError } from '@famjs/backends/errors';
import pc from 'picocolors';
import { Interrupted } from './interrupt.ts';

/** Writes what went wrong to the standard error; an error that nobody foresaw comes with its stack. */
export function report(error: unknown): number {
  if (error instanceof Interrupted) {
    process.stderr.write(`\n${pc.yellow('Stopped.')} ${error.message}\n`);
    return error.status;
  }
  if (error instanceof FamError) {
    const { wrong, expected, remedy } = error.complaint;
    process.stderr.write(
      `${pc.red(pc.bold(error.name))}: ${wrong}\n${pc.dim('  expected:')} ${expected}\n${pc.dim('  to do:')}    ${remedy}\n`,
    );
    return 1;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  return 1;
}
