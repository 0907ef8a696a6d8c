/** A model's place and those of what is added to it, opened and closed together. */
import type { AdditionSources } from '../formats/additions.ts';
import type { ModelOptions } from '../model-options.ts';
import { type ModelPlace, openSource } from './open-source.ts';
import type { ModelSource } from './source.ts';

/** @throws CheckpointError, ConfigError what `openSource` throws for one of them */
export async function withSources<Result>(
  from: ModelPlace,
  options: ModelOptions,
  work: (source: ModelSource, additions: AdditionSources) => Promise<Result>,
): Promise<Result> {
  const opened: ModelSource[] = [];
  const open = async (place: ModelPlace, kind: 'model' | 'addition') => {
    const source = await openSource(place, options, kind);
    opened.push(source);
    return source;
  };
  try {
    const source = await open(from, 'model');
    const memory = options.memory === undefined ? undefined : await open(options.memory, 'addition');
    const adapters: ModelSource[] = [];
    for (const place of options.adapters ?? []) adapters.push(await open(place, 'addition'));
    return await work(source, { memory, adapters });
  } finally {
    for (const source of opened) source.close();
  }
}
