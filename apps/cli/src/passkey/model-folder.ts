/** Where the trained models of the PassKey test lie: the one with FAM comes with the zoo, those it is compared with are here. */
import { fileURLToPath } from 'node:url';
import { shippedModel } from '@famjs/zoo/node';
import type { passKeyModels } from '../names.ts';

/** The folder of a trained model. */
export function trainedModelFolder(name: (typeof passKeyModels)[number]): string {
  if (name === 'fam') return shippedModel('passkey-fam');
  return fileURLToPath(new URL(`../../models/passkey-${name}`, import.meta.url));
}
