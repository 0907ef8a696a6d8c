/** Memories and adapters as files: pages download what makes them when they do. */
import type { AdditionFileOptions } from '../dtype.ts';
import type { Base } from '../fingerprint.ts';
import type { HeldModel } from '../model.ts';

/**
 * The files of a memory: what `fam` says of the model, the weights of FAM, and its adapter called `memory`, where it has one.
 *
 * @param base of the model without them, as `base()` of the loaded base model says
 * @throws ConfigError when the model has other adapters, which would be missing in the memory
 * @throws NonFiniteError when a weight holds NaN or infinity, or what the dtype does not hold
 */
export async function memoryFiles(
  model: HeldModel,
  base: Base,
  options: AdditionFileOptions = {},
): Promise<Record<string, Uint8Array>> {
  const memory = await import('./memory.ts');
  return memory.filesOfMemory(model, base, options);
}

/**
 * The files of an adapter of a model, which Python's PEFT loads over the same base model.
 *
 * @param base what the base model is called
 * @throws NonFiniteError when a weight holds NaN or infinity, or what the dtype does not hold
 */
export async function peftFiles(
  model: HeldModel,
  name: string,
  base: string,
  options: AdditionFileOptions = {},
): Promise<Record<string, Uint8Array>> {
  const peft = await import('./peft-files.ts');
  return peft.filesOfAdapter(model, name, base, options);
}
