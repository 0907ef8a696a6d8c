/** What this machine has for the GPU backends. */
import { existsSync, readdirSync } from 'node:fs';

/** Debian's package, which `setup.mjs` installs. */
export const chromiumPath = '/usr/bin/chromium';

const devices = existsSync('/dev/dri') ? readdirSync('/dev/dri') : [];

export const hasGpu = existsSync('/dev/nvidia0') || devices.some((name) => name.startsWith('render'));

/** Lets Dawn find the emulated GPU that comes with Chromium, where the machine has no other and nobody chose one. */
export function emulateGpu(): void {
  const emulated = '/usr/lib/chromium/vk_swiftshader_icd.json';
  if (!hasGpu && existsSync(emulated)) process.env.VK_ICD_FILENAMES ??= emulated;
}
