/** Running programs and saying how it went: what the steps of setup.mjs share. */
import { spawn } from 'node:child_process';

/** Something a person can act on. `missing`: this machine lacks something, nothing is broken. */
export class SetupError extends Error {
  constructor(what, { expected, advice, output, missing = false }) {
    super(what);
    Object.assign(this, { expected, advice, output, missing });
  }
}

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interruption.abort());

/**
 * Runs a program to its end. Everything it printed is in `output`, and on standard error too if `verbose`. After an interruption
 * it rejects, but only when the program has ended: whoever cleans up meets no process that still writes.
 */
export function run(command, args, { verbose, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: interruption.signal,
      ...options,
    });
    let output = '';
    const keep = (text) => {
      output += text;
      if (verbose) process.stderr.write(text);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => keep(`${error.message}\n`));
    child.on('close', (status, signal) => {
      if (interruption.signal.aborted)
        return reject(new SetupError('interrupted', { expected: 'to finish', advice: 'Run it again.' }));
      if (signal) keep(`ended by signal ${signal}\n`);
      resolve({ ok: status === 0, output });
    });
  });
}

export async function step(title, work) {
  const start = performance.now();
  console.log(`${title} ...`);
  const result = await work();
  console.log(`  ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

export function lastLines(text) {
  return text.trimEnd().split('\n').slice(-40).join('\n');
}

export function report(error) {
  if (!(error instanceof SetupError)) return console.error(error);
  if (error.output) console.error(lastLines(error.output));
  console.error(
    `\nTensorFlow setup failed: ${error.message}\n  expected: ${error.expected}\n  what to do: ${error.advice}`,
  );
}
