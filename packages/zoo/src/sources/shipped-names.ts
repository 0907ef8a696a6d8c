/** What comes with the package, trained: models, and memories of models that do not. */
export const shippedModels = ['passkey-fam'] as const;
export type ShippedModel = (typeof shippedModels)[number];

export const shippedMemories = ['passkey'] as const;
export type ShippedMemory = (typeof shippedMemories)[number];

export function isShipped(name: string): name is ShippedModel | ShippedMemory {
  return [...shippedModels, ...shippedMemories].some((shipped) => shipped === name);
}
