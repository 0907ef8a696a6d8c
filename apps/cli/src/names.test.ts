/** The names that options accept are those that the packages know. */
import * as layer from '@famjs/layer';
import * as tasks from '@famjs/tasks';
import * as zoo from '@famjs/zoo';
import { expect, test } from 'vitest';
import * as benchmarks from './bench/benchmarks.ts';
import {
  benchmarkNames,
  fillerKinds,
  passKeyModels,
  passKeyRecipes,
  schedules,
  variants,
  weightDtypes,
} from './names.ts';

test('options accept what the packages know, in their order', () => {
  expect(passKeyModels).toEqual(tasks.passKeyModels);
  expect(passKeyRecipes).toEqual(tasks.passKeyRecipes);
  expect(fillerKinds).toEqual(tasks.fillerKinds);
  expect(schedules).toEqual(layer.schedules);
  expect(variants).toEqual(layer.presets);
  expect(weightDtypes).toEqual(zoo.weightDtypes);
  expect(benchmarkNames).toEqual(benchmarks.benchmarkNames);
});
