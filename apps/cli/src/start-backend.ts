/** The backend that a command computes on. */
import { type BackendName, BackendUnavailableError, require, setBackend } from '@famjs/backends';

/** @throws BackendUnavailableError when the named backend is unknown or does not start */
export function startBackend(name: string): Promise<BackendName> {
  requireForNode(name);
  return setBackend(name as BackendName | 'auto');
}

/** @throws BackendUnavailableError for the backend that only browsers have */
export function requireForNode(name: string): void {
  require(name !== 'webgl', BackendUnavailableError, () => ({
    wrong: 'webgl runs in browsers only, and this is Node.',
    expected: 'tensorflow, webgpu, wasm, cpu, or auto.',
    remedy: 'use webgpu for a GPU; famjs bench --page measures webgl in a browser.',
  }));
}

/** @throws BackendUnavailableError for the backend that only Node has */
export function requireForPage(name: string): void {
  require(name !== 'tensorflow', BackendUnavailableError, () => ({
    wrong: 'tensorflow runs in Node only, and --page is a browser.',
    expected: 'webgpu, webgl, wasm, cpu, or auto.',
    remedy: 'leave out --page to measure tensorflow here.',
  }));
}
