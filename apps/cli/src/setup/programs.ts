/** Runs other programs, quietly unless they fail, and tells how far the work has come. */
import { spawn } from 'node:child_process';
import pc from 'picocolors';

/** What the steps of a setup share. */
export interface Work {
  /** Ends the program that runs. */
  signal: AbortSignal;
  /** Shows all that programs print. */
  verbose: boolean;
}

export interface Ended {
  ok: boolean;
  /** All that the program printed. */
  output: string;
}

/**
 * Runs a program to its end.
 *
 * @throws the signal's reason, and not before the program has ended: whoever cleans up meets none that still writes
 */
export function run(
  command: string,
  args: readonly string[],
  { signal, verbose }: Work,
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], signal, ...options });
    let output = '';
    const keep = (text: string) => {
      output += text;
      if (verbose) process.stderr.write(text);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => keep(`${error.message}\n`));
    child.on('close', (status, killer) => {
      if (signal.aborted) return reject(signal.reason);
      if (killer) keep(`ended by signal ${killer}\n`);
      resolve({ ok: status === 0, output });
    });
  });
}

/** Does one step of the work and prints how long it took. */
export async function step<Result>(title: string, work: () => Promise<Result>): Promise<Result> {
  const start = performance.now();
  process.stderr.write(`${title} … `);
  try {
    return await work();
  } finally {
    process.stderr.write(pc.dim(`${((performance.now() - start) / 1000).toFixed(1)} s\n`));
  }
}

/** Prints what a program said before it failed. */
export function showEnd(output: string): void {
  process.stderr.write(`\n${pc.dim(output.trimEnd().split('\n').slice(-30).join('\n'))}\n`);
}
