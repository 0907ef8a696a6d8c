export { describeEachBackend, describeEachBackendOnce, describeEachModuleOnce } from './backends.ts';
export { compare, expectClose, noteComparison, type Tolerance } from './close.ts';
export { differencesOf, type Values64 } from './finite-differences.ts';
export { watchGpu } from './gpu-errors.ts';
export { describeEachGpu, loseDevice, startWithDefaultLimits } from './lost-device.ts';
export { startedBackends } from './reports.ts';
export { isEmulated, runs } from './runs.ts';
