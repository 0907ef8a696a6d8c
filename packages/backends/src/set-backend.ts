/** Chooses and starts the TensorFlow.js backend that everything else runs on. */
import '#gradients';
import * as tf from '@tensorflow/tfjs-core';
import { starters } from '#platform';
import { BackendUnavailableError } from './errors.ts';
import { installKernels } from './kernel-sets.ts';
import { type BackendName, backendNames, isBackendName } from './names.ts';

export interface BackendReport {
  name: BackendName;
  available: boolean;
  /** Why it is not available. */
  reason?: string;
}

/** The backends of this platform, best first. */
const preferredOrder = Object.keys(starters) as BackendName[];

/**
 * Starts a backend and installs our kernels for it.
 *
 * @param wanted a backend's name, several in order of preference, or `auto` for the best that starts here: in Node
 *   tensorflow, webgpu, wasm, cpu; in browsers webgpu, webgl, wasm, cpu, without GPUs that are played by a program
 * @returns the name of the backend that runs now
 * @throws BackendUnavailableError when a name is unknown or none of the wanted backends starts; the backend that ran
 *   before then runs on
 */
export async function setBackend(
  wanted: BackendName | 'auto' | readonly BackendName[] = 'auto',
): Promise<BackendName> {
  const order = wanted === 'auto' ? preferredOrder : Array.isArray(wanted) ? wanted : [wanted as BackendName];
  for (const name of order) requireKnown(name);
  const before = tf.engine().backendName;
  const reasons: string[] = [];
  for (const name of order) {
    const reason = (await start(name)) ?? (wanted === 'auto' ? emulated(name) : undefined);
    if (reason === undefined) return name;
    reasons.push(`${name}: ${reason}`);
  }
  if (before) tf.setBackend(before);
  throw new BackendUnavailableError({
    wrong: `No backend could be started (${reasons.join('; ')}).`,
    expected: 'a backend that is installed and starts on this machine.',
    remedy: 'install its package (for instance @tensorflow/tfjs-backend-wasm), or ask for another backend.',
  });
}

/** Tries every backend that this platform knows and says which start and why the others do not. Leaves the current one. */
export async function listBackends(): Promise<BackendReport[]> {
  const before = tf.engine().backendName;
  const reports: BackendReport[] = [];
  for (const name of preferredOrder) {
    const reason = await start(name);
    reports.push(reason === undefined ? { name, available: true } : { name, available: false, reason });
  }
  if (before) tf.setBackend(before);
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

/** @returns undefined when the backend runs, else the reason why it does not */
async function start(name: BackendName): Promise<string | undefined> {
  const starter = starters[name];
  if (!starter) return 'it does not run on this platform';
  try {
    await starter.load();
    if (!(await tf.setBackend(name))) return 'it did not start';
    await installKernels(name);
    return undefined;
  } catch (error) {
    return String(error instanceof Error ? error.message : error).split('\n')[0];
  }
}

function emulated(name: BackendName): string | undefined {
  const program = starters[name]?.emulatedBy?.();
  return program && `its GPU is a program (${program})`;
}
