/** Installs the packages once for all test files of this folder. */
import type { TestProject } from 'vitest/node';
import { type Installation, installPackages } from './install.ts';

declare module 'vitest' {
  interface ProvidedContext {
    installation: Installation;
  }
}

export default async function setup({ provide }: TestProject): Promise<() => void> {
  const { remove, ...installation } = await installPackages();
  provide('installation', installation);
  return remove;
}
