/** Chooses and starts the TensorFlow.js backend that everything else runs on. */
import '#gradients';
import * as tf from '@tensorflow/tfjs-core';
import { starters } from '#platform';
import { describeBackend } from './describe-backend.ts';
import type { BackendDescription } from './description.ts';
import { isLost } from './device-guard.ts';
import { BackendUnavailableError } from './errors.ts';
import { installKernels } from './kernel-sets.ts';
import { MissingPackage } from './missing-package.ts';
import { type BackendName, backendNames, isBackendName } from './names.ts';
import type { BackendOptions } from './options.ts';

export interface BackendReport {
  name: BackendName;
  /** Whether its package can be imported. */
  installed: boolean;
  /** Whether it started here. */
  started: boolean;
  /** Why it did not. */
  reason?: string;
  /** What it computes on, where it started. */
  description?: BackendDescription;
}

/** The backends of this platform, best first. */
const preferredOrder = Object.keys(starters) as BackendName[];

/** The end of what was asked for so far: of two calls at once, the second would take the device from the first. */
let lastTurn: Promise<unknown> = Promise.resolve();

function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  const turn = lastTurn.then(work);
  lastTurn = turn.catch(() => {});
  return turn;
}

/**
 * Starts a backend and installs our kernels for it, after whatever was asked for before. A backend that runs already keeps
 * its device, unless that was lost: then it gets a fresh one, and the tensors of before are gone.
 *
 * @param wanted a backend's name, several in order of preference, or `auto` for the best that starts here: in Node
 *   tensorflow, webgpu, wasm, cpu; in browsers webgpu, webgl, wasm, cpu. `auto` passes by GPUs that are emulated by a
 *   program, which the processor's own backends outrun.
 * @returns the name of the backend that runs now
 * @throws BackendUnavailableError when a name is unknown or none of the wanted backends starts; the backend that ran
 *   before then runs on
 */
export async function setBackend(
  wanted: BackendName | 'auto' | readonly BackendName[] = 'auto',
  options: BackendOptions = {},
): Promise<BackendName> {
  const order = wanted === 'auto' ? preferredOrder : Array.isArray(wanted) ? wanted : [wanted as BackendName];
  for (const name of order) requireKnown(name);
  return inTurn(() => startFirst(order, wanted === 'auto', options));
}

/** Starts the first of `order` that can be, and passes by those whose device is a program where that is asked for. */
async function startFirst(
  order: readonly BackendName[],
  passesByEmulation: boolean,
  options: BackendOptions,
): Promise<BackendName> {
  const before = tf.engine().backendName;
  const failures: (Failure & { name: BackendName })[] = [];
  for (const name of order) {
    const failure = (passesByEmulation && (await emulation(name, options))) || (await start(name, options));
    if (failure) failures.push({ name, ...failure });
    else {
      if (passesByEmulation && name === 'cpu') warnOfLoops(failures);
      return name;
    }
  }
  if (before) await tf.setBackend(before);
  throw new BackendUnavailableError({
    wrong: `No backend could be started (${reasonsOf(failures)}).`,
    expected: 'a backend that is installed and starts on this machine.',
    remedy: remedyFor(failures),
  });
}

const reasonsOf = (failures: readonly (Failure & { name: BackendName })[]) =>
  failures.map(({ name, reason }) => `${name}: ${reason}`).join('; ');

function remedyFor(failures: readonly Failure[]): string {
  const missing = failures.flatMap(({ missing }) => missing ?? []);
  const others =
    "ask for another backend, as setBackend('auto') does; listBackends() tells which start here.";
  return missing.length > 0 ? `npm install ${missing.join(' ')}, or ${others}` : others;
}

let warned = false;

/** Once, for whoever did not ask for the slowest backend and got it. */
function warnOfLoops(failures: readonly (Failure & { name: BackendName })[]): void {
  if (warned) return;
  warned = true;
  console.warn(
    `FAM.js runs on cpu, some 65 times slower than wasm, as no other backend starts here (${reasonsOf(failures)}).` +
      ` To do: ${remedyFor(failures)}`,
  );
}

/** Tries every backend of this platform, best first, and says which start and why the others do not. Leaves the current one. */
export function listBackends(options: BackendOptions = {}): Promise<BackendReport[]> {
  return inTurn(() => tryEach(options));
}

async function tryEach(options: BackendOptions): Promise<BackendReport[]> {
  const before = tf.engine().backendName;
  const reports: BackendReport[] = [];
  for (const name of preferredOrder) {
    const failure = await start(name, options);
    const installed = !failure?.missing;
    reports.push(
      failure
        ? { name, installed, started: false, reason: failure.reason }
        : { name, installed, started: true, description: describeBackend() },
    );
  }
  if (before) await tf.setBackend(before);
  return reports;
}

function requireKnown(name: string): void {
  if (isBackendName(name)) return;
  throw new BackendUnavailableError({
    wrong: `There is no backend named "${name}".`,
    expected: `one of ${backendNames.join(', ')}, or auto.`,
    remedy: 'correct the name; `famjs info` lists the backends that start on this machine.',
  });
}

interface Failure {
  reason: string;
  /** The package that would have to be installed. */
  missing?: string;
}

/** Makes a backend the current one, with our kernels, or says why it cannot be. */
async function start(name: BackendName, options: BackendOptions): Promise<Failure | undefined> {
  const starter = starters[name];
  if (!starter) return { reason: 'it does not run on this platform' };
  try {
    const running = tf.engine().registry[name];
    if (!running || isLost(running)) await starter.load(options);
    if (!(await tf.setBackend(name))) return { reason: 'it did not start' };
    await installKernels(name);
    return undefined;
  } catch (error) {
    return failureOf(error);
  }
}

/** Whether a backend's device is a program, or why there is none; nothing is downloaded to find out. */
async function emulation(name: BackendName, options: BackendOptions): Promise<Failure | undefined> {
  try {
    const program = await starters[name]?.findProgram?.(options);
    return program === undefined ? undefined : { reason: `its GPU is a program, ${program}` };
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): Failure {
  const reason = String((error as Error).message ?? error).split('\n')[0]!;
  return error instanceof MissingPackage ? { reason, missing: error.packageName } : { reason };
}
