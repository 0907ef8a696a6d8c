/** Which trained models come with the package. */
export const shippedModels = ['passkey-fam', 'passkey-bswa0', 'passkey-bswa1', 'passkey-bswa2'] as const;
export type ShippedModel = (typeof shippedModels)[number];

export function isShippedModel(name: string): name is ShippedModel {
  return shippedModels.some((shipped) => shipped === name);
}
