/** Where the trained models that come with famjs lie: the one with FAM is the zoo's, those it is compared with are here. */
import { fileURLToPath } from 'node:url';
import { shippedModel } from '@famjs/zoo/node';
import { passKeyModels } from '../names.ts';

/** The folder of a trained model. */
export function trainedModelFolder(name: (typeof passKeyModels)[number]): string {
  if (name === 'fam') return shippedModel('passkey-fam');
  return fileURLToPath(new URL(`../../models/${shippedName(name)}`, import.meta.url));
}

/** What every command knows such a model by. */
export const shippedName = (name: (typeof passKeyModels)[number]): string => `passkey-${name}`;

/** Where a model lies: the folder of one that comes with famjs, by its name, and any other place as it is. */
export function modelPlace(place: string): string {
  const shipped = passKeyModels.find((name) => shippedName(name) === place);
  return shipped ? trainedModelFolder(shipped) : place;
}
