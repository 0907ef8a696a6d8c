/** What becomes of a command whose output nobody reads any more, or whose disk takes no more of it. */
import { StorageError } from '@famjs/backends/errors';
import { report } from './failure.ts';

/**
 * Keeps the process alive when writing fails. The log, which is the standard error, falls silent, and the work goes on; so does
 * a standard output whose reader has gone (`| head`). A standard output that loses what somebody wants makes the command fail.
 */
export function outliveOutput(): void {
  process.stderr.on('error', () => {});
  let told = false;
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || told) return;
    told = true;
    process.exitCode = report(
      new StorageError({
        wrong: `Cannot write to the standard output (${message}).`,
        expected: 'an output that takes all of the result.',
        remedy: 'free some space, or send the output elsewhere, and run the command again.',
      }),
    );
  });
}
