export * from './errors.ts';
export { provideKernels } from './kernel-sets.ts';
export { type BackendName, backendNames, isBackendName } from './names.ts';
export { type BackendReport, listBackends, setBackend } from './set-backend.ts';
export { tidied } from './tidied.ts';
