/** Names that options accept. They stand here again so that help loads none of the packages that compute; a test compares. */
import type { Preset, Schedule } from '@famjs/layer';
import type { FillerKind, PassKeyModel, PassKeyRecipeName } from '@famjs/tasks';
import type { FileDtype, WeightDtype } from '@famjs/zoo';
import type { BenchmarkName } from './bench/benchmarks.ts';

export const passKeyModels = ['fam', 'bswa0', 'bswa1', 'bswa2'] as const satisfies readonly PassKeyModel[];
export const passKeyRecipes = [...passKeyModels, 'paper'] as const satisfies readonly PassKeyRecipeName[];
export const isPassKeyRecipe = (name: string): name is PassKeyRecipeName =>
  (passKeyRecipes as readonly string[]).includes(name);
export const fillerKinds = ['periodic', 'shuffled'] as const satisfies readonly FillerKind[];
export const isFillerKind = (name: string): name is FillerKind =>
  (fillerKinds as readonly string[]).includes(name);
export const schedules = ['step', 'block', 'scan'] as const satisfies readonly Schedule[];
export const weightDtypes = ['f32', 'f16', 'q8', 'q4'] as const satisfies readonly WeightDtype[];
export const fileDtypes = ['f32', 'f16'] as const satisfies readonly FileDtype[];
export const benchmarkNames = [
  'attention',
  'step',
  'train',
  'decode',
] as const satisfies readonly BenchmarkName[];
export const variants = [
  'bswa',
  'swa',
  'txl',
  'fam',
  'fam-norm',
  'fam-no-residual',
  'fam-no-ff',
  'fam-n',
  'fam-prefix',
  'sum',
  'fm',
  'rmt',
  'autocompressor',
] as const satisfies readonly Preset[];
