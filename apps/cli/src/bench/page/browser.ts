/** Starts Chrome or Chromium on a page. */
import { accessSync, constants } from 'node:fs';
import { BackendUnavailableError } from '@famjs/backends';
import { launch } from 'chrome-launcher';
import { onSignal } from '../../terminal/interrupt.ts';

export interface BrowserOptions {
  /** The browser's program; the first that is found here unless given. */
  browser?: string;
  /** Shows the browser's window. */
  window?: boolean;
  /** Has GPUs played by a program, where there is none. */
  software?: boolean;
}

const software = [
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--use-webgpu-adapter=swiftshader',
  '--disable-vulkan-surface',
];

/** @throws BackendUnavailableError when the browser that is named is no program */
export function requireBrowser({ browser }: BrowserOptions): void {
  try {
    if (browser) accessSync(browser, constants.X_OK);
  } catch (error) {
    throw noBrowser(error);
  }
}

/**
 * @returns the started browser, which ends with this process
 * @throws BackendUnavailableError when there is none, or it does not start
 */
export async function openBrowser(
  url: string,
  options: BrowserOptions,
): Promise<{ close(): void; closed: Promise<void> }> {
  const flags = [
    ...(options.window ? [] : ['--headless=new']),
    // Chromium keeps WebGPU from Linux and from GPUs it does not know unless told otherwise.
    ...['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--ignore-gpu-blocklist'],
    ...(options.software ? software : []),
    // Its sandbox refuses to be set up by root, as in containers.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
  try {
    const chrome = await launch({
      startingUrl: url,
      chromeFlags: flags,
      logLevel: 'silent',
      handleSIGINT: false,
      ...(options.browser && { chromePath: options.browser }),
    });
    const closed = new Promise<void>((resolve) => chrome.process.once('exit', () => resolve()));
    const goOn = onSignal(() => chrome.kill());
    const close = () => {
      goOn();
      chrome.kill();
    };
    return { close, closed };
  } catch (error) {
    throw noBrowser(error);
  }
}

const noBrowser = (cause: unknown) =>
  new BackendUnavailableError(
    {
      wrong: `No browser could be started (${cause instanceof Error ? cause.message : cause}).`,
      expected: 'Chrome or Chromium, found by itself, by CHROME_PATH or by --browser.',
      remedy: 'install one, or name its program with --browser.',
    },
    { cause },
  );
