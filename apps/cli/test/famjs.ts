/** Runs famjs as a user would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Ended {
  /** Exit status, or the signal that ended it. */
  status: number | NodeJS.Signals | null;
  stdout: string;
  /** Without the lines by which TensorFlow announces oneDNN on processors made for it, whatever the log level. */
  stderr: string;
}

const announcement =
  /^(WARNING: All log messages before absl::InitializeLog|I0000 .* oneDNN custom operations are on).*\n/gm;

export interface Running {
  process: ChildProcess;
  ended: Promise<Ended>;
  /** Resolves when the standard error has come to say this. */
  says(text: string): Promise<void>;
}

const from = (file: string) => new URL(`../../../${file}`, import.meta.url);
const sources = ['--conditions=@famjs/source', '--import', from('tooling/source.mjs').href];
/** As it is published, which starts in half the time, where the whole test has just built that; else from its sources. */
const program =
  process.env.FAMJS_TEST === 'built'
    ? [fileURLToPath(from('apps/cli/dist/main.js'))]
    : [...sources, fileURLToPath(from('apps/cli/src/main.ts'))];
const node = [process.execPath, ...program];

/** Starts famjs in `cwd`, behind the words of `wrapper` if there are any. */
export function startFamjs(args: readonly string[], cwd: string, wrapper: readonly string[] = []): Running {
  const [command, ...rest] = [...wrapper, ...node, ...args];
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(command!, rest, { cwd, env: { ...env, NO_COLOR: '1' } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ status: code ?? signal, stdout, stderr: stderr.replaceAll(announcement, '') }),
    );
  });
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => stderr.includes(text) && resolve();
      child.stderr.on('data', look);
      child.on('close', () => reject(new Error(`famjs ended without saying "${text}":\n${stderr}`)));
      look();
    });
  return { process: child, ended, says };
}

export function famjs(args: readonly string[], cwd: string): Promise<Ended> {
  return startFamjs(args, cwd).ended;
}
