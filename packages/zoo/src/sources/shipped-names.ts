/** Which trained models come with the package. */
export const shippedModels = ['passkey-fam'] as const;
export type ShippedModel = (typeof shippedModels)[number];

export function isShippedModel(name: string): name is ShippedModel {
  return shippedModels.some((shipped) => shipped === name);
}
