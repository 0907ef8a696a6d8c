/** Kernel sets: packages announce kernels for a backend here, and `setBackend` loads those of the one it starts. */
import type { BackendName } from './names.ts';

type Loader = () => Promise<{ install(): void | Promise<void> }>;

const loaders = new Map<BackendName, Loader[]>();

/**
 * Announces a module that registers kernels for `backend`. It is imported, and its `install()` run, each time that
 * backend is started, and never otherwise: a page on one backend downloads the kernels of no other.
 */
export function provideKernels(backend: BackendName, load: Loader): void {
  loaders.set(backend, [...(loaders.get(backend) ?? []), load]);
}

/** Installs every kernel set announced for `backend`. */
export async function installKernels(backend: BackendName): Promise<void> {
  for (const load of loaders.get(backend) ?? []) await (await load()).install();
}
