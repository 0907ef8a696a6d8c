export { describeEachBackend } from './backends.ts';
export { excess, expectClose, type Tolerance } from './close.ts';
export { differencesOf, type Values64 } from './finite-differences.ts';
