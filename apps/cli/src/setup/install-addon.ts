/** Puts an addon and the libraries that it needs into an installed tfjs-node, and takes them out again. */
import { copyFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { addonPath } from './check.ts';

export interface Built {
  /** Folder with TensorFlow's libraries in `lib`, which stays where it is. */
  libraries: string;
  /** The compiled addon, which is copied. */
  addon: string;
}

/** Adds to the package and replaces what was added before; never writes to its published files, which may be shared. */
export function installAddon({ libraries, addon }: Built, packageFolder: string): void {
  removeAddon(packageFolder);
  symlinkSync(libraries, path.join(packageFolder, 'deps'));
  mkdirSync(path.join(packageFolder, path.dirname(addonPath)), { recursive: true });
  copyFileSync(addon, path.join(packageFolder, addonPath));
}

export function removeAddon(packageFolder: string): void {
  for (const name of ['deps', 'lib'])
    rmSync(path.join(packageFolder, name), { recursive: true, force: true });
}
