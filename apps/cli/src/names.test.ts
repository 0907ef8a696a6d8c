/** The names that options accept are those that the packages know, and those of models lead to them. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as layer from '@famjs/layer';
import * as tasks from '@famjs/tasks';
import * as zoo from '@famjs/zoo';
import { expect, test } from 'vitest';
import * as benchmarks from './bench/benchmarks.ts';
import {
  benchmarkNames,
  fileDtypes,
  fillerKinds,
  passKeyModels,
  passKeyRecipes,
  schedules,
  variants,
  weightDtypes,
} from './names.ts';
import { modelPlace } from './passkey/model-folder.ts';

test('options accept what the packages know, in their order', () => {
  expect(passKeyModels).toEqual(tasks.passKeyModels);
  expect(passKeyRecipes).toEqual(tasks.passKeyRecipes);
  expect(fillerKinds).toEqual(tasks.fillerKinds);
  expect(schedules).toEqual(layer.schedules);
  expect(variants).toEqual(layer.presets);
  expect(weightDtypes).toEqual(zoo.weightDtypes);
  expect(fileDtypes).toEqual(zoo.fileDtypes);
  expect(benchmarkNames).toEqual(benchmarks.benchmarkNames);
});

test.each(passKeyModels)('the model passkey-%s is where its name leads', (name) => {
  expect(existsSync(path.join(modelPlace(`passkey-${name}`), 'config.json'))).toBe(true);
});

test('other places of models stay what they are', () => {
  for (const place of ['passkey', './passkey-fam', 'owner/passkey-fam', 'https://example.org/passkey-fam'])
    expect(modelPlace(place)).toBe(place);
});
