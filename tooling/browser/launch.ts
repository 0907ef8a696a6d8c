/** How the tests start Chromium: Debian's, headless, on the machine's GPU or, where there is none, on its own emulated one. */
import type { PlaywrightProviderOptions } from '@vitest/browser-playwright';
import { chromiumPath, hasGpu } from './machine.ts';

const onGpu = ['--use-angle=vulkan', '--enable-features=Vulkan', '--ignore-gpu-blocklist'];
const emulated = [
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--use-webgpu-adapter=swiftshader',
  // Pages are drawn by the processor itself: an emulated GPU takes ten times its time for that.
  '--disable-gpu-compositing',
];

export const launchOptions: NonNullable<PlaywrightProviderOptions['launchOptions']> = {
  executablePath: chromiumPath,
  // On a machine that others keep busy the 30 s that Playwright gives it may not do.
  timeout: 300_000,
  // It refuses to run as root otherwise.
  chromiumSandbox: false,
  args: [
    ...(hasGpu ? onGpu : emulated),
    '--enable-unsafe-webgpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
};
