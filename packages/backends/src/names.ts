/** The names of the backends. */

export const backendNames = ['tensorflow', 'webgpu', 'webgl', 'wasm', 'cpu'] as const;

/** A backend is its name; code above `kernels` never asks which one it runs on. */
export type BackendName = (typeof backendNames)[number];

export function isBackendName(name: string): name is BackendName {
  return (backendNames as readonly string[]).includes(name);
}
