export { type AdamWConfig, adamW, globalNorm, type Moments, zeroMoments } from './adamw.ts';
export { type Batch, type Targets, type Task, targetList } from './batch.ts';
export { type Disturbance, disturb } from './disturbance.ts';
export { type HandedOver, type Objective, type ObjectiveOptions, objectiveOf } from './objective.ts';
export { constant, type Schedule, type SchedulePiece, valueAt } from './schedule.ts';
export { type TrainingConfig, type TrainingEvent, type TrainingOptions, train } from './train.ts';
export { packTraining, unpackTraining } from './training-file.ts';
export { disposeTraining, freshTraining, type TrainingState } from './training-state.ts';
