/** Kernel sets: packages announce kernels for a backend here, and those of the backends that are started are loaded. */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendName } from './names.ts';

type Loader = () => Promise<{ install(): void | Promise<void> }>;

interface KernelSet {
  load: Loader;
  /** Its installation, from when that began; undefined again when it failed. */
  installation?: Promise<void> | undefined;
}

const sets = new Map<BackendName, KernelSet[]>();
/** Backends that were started with their kernels. */
const started = new Set<BackendName>();

/**
 * Announces a module that registers kernels for `backend`. It is imported, and its `install()` run, once, when that
 * backend is started, and never otherwise: a page on one backend downloads the kernels of no other. Where the backend
 * runs already, as for a package that an app loads late, it is imported at once; `kernelsReady()` waits for that.
 */
export function provideKernels(backend: BackendName, load: Loader): void {
  const set: KernelSet = { load };
  sets.set(backend, [...(sets.get(backend) ?? []), set]);
  // What fails here is tried again, and then told, by whoever waits.
  if (started.has(backend) && tf.engine().backendName === backend) install(set).catch(() => {});
}

/**
 * Waits for the kernels of packages that were imported while the backend ran. Until then their ops run as compositions of
 * core ops.
 */
export async function kernelsReady(): Promise<void> {
  const backend = tf.engine().backendName as BackendName;
  if (started.has(backend)) await installKernels(backend);
}

/** Installs every kernel set announced for `backend`, each once. */
export async function installKernels(backend: BackendName): Promise<void> {
  started.add(backend);
  for (const set of sets.get(backend) ?? []) await install(set);
}

function install(set: KernelSet): Promise<void> {
  set.installation ??= set
    .load()
    .then((module) => module.install())
    .catch((error) => {
      set.installation = undefined;
      throw error;
    });
  return set.installation;
}
