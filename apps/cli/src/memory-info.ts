/** What a memory is, by its files: of which model, what that sees with it, how large it is. */
import { describeMemory } from '@famjs/zoo/node';
import pc from 'picocolors';
import { inFull, measured } from './format.ts';
import { line, seenIn } from './model-info.ts';

/**
 * The lines about a memory.
 *
 * @throws CheckpointError, ConfigError what `describeMemory` throws
 */
export async function memoryInfo(place: string): Promise<string[]> {
  const { base, fam, adapter, weights, dtypes, bytes } = await describeMemory(place);
  const { name, from, fingerprint } = base;
  const targets = adapter && [adapter.targets].flat().join(', ');
  return [
    pc.bold(place),
    line('memory of', `${name} (${fingerprint.slice(0, 12)})`),
    ...(from ? [line('from', from)] : []),
    line('sees', seenIn(fam).join(', ')),
    ...(adapter
      ? [line('adapter', `LoRA of rank ${adapter.rank}, alpha ${adapter.alpha}, on ${targets}`)]
      : []),
    line('weights', `${inFull(weights)} in ${dtypes.join(' and ')}`),
    line('bytes', measured(bytes, 'B')),
    line('use', `famjs chat ${name} --memory ${place}`),
  ];
}
