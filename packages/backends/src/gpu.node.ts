/** WebGPU in Node: Dawn, from the package `webgpu`, on any Vulkan, Metal or Direct3D 12 device. */

import { readdirSync } from 'node:fs';
import { importError } from './missing-package.ts';

export async function requireGpu(): Promise<GPU> {
  if (!navigatorHasGpu() && process.platform === 'linux' && !hasVulkanDriver())
    throw new Error('no driver for Vulkan is installed');
  const { create, globals } = await importDawn();
  Object.assign(globalThis, globals);
  if (!globalThis.navigator) Object.assign(globalThis, { navigator: {} });
  if (!navigator.gpu) Object.assign(navigator, { gpu: create([]) });
  return navigator.gpu;
}

const navigatorHasGpu = () => Boolean(globalThis.navigator?.gpu);

/** Where Linux has GPUs: those of most makers, of NVIDIA, of the Windows around it, of Arm, of Qualcomm, and of Tegra. */
const hardware = /^(dri\/renderD\d+|nvidia\d+|dxg|mali\d+|kgsl.*|nvhost-gpu)$/;

/** Whether there is a GPU, so that nobody needs to load Dawn to hear its drivers complain that there is none. */
export function hasHardware(): boolean {
  if (process.platform !== 'linux') return true;
  return [...namesIn('/dev'), ...namesIn('/dev/dri').map((name) => `dri/${name}`)].some((name) =>
    hardware.test(name),
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Where Vulkan looks for drivers. Without any, Dawn would complain on stderr before it says so. */
function hasVulkanDriver(): boolean {
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES, VK_ADD_DRIVER_FILES, HOME, ...env } = process.env;
  if (VK_ICD_FILENAMES || VK_DRIVER_FILES || VK_ADD_DRIVER_FILES) return true;
  const home = [env.XDG_CONFIG_HOME ?? `${HOME}/.config`, env.XDG_DATA_HOME ?? `${HOME}/.local/share`];
  const system = `${env.XDG_CONFIG_DIRS ?? ''}:${env.XDG_DATA_DIRS ?? ''}`.split(':').filter(Boolean);
  const folders = [
    ...home,
    ...system,
    '/etc',
    '/etc/xdg',
    '/usr/local/etc',
    '/usr/share',
    '/usr/local/share',
  ];
  return folders.some((folder) => namesIn(`${folder}/vulkan/icd.d`).some((file) => file.endsWith('.json')));
}

async function importDawn() {
  try {
    return await import('webgpu');
  } catch (error) {
    throw importError('webgpu', error);
  }
}

const clock = new Int32Array(new SharedArrayBuffer(4));
let waiting = 0;
let since = 0;
let sleepsEachTurn = false;

/**
 * Waits for a device. Dawn asks it for news in every turn of the event loop, which so takes a whole core: here each turn
 * sleeps for a tenth of the time waited so far, half a millisecond at most. What comes is at most so much late.
 */
export async function patiently<Value>(value: Promise<Value>): Promise<Value> {
  if (waiting++ === 0) since = performance.now();
  if (!sleepsEachTurn) sleepWhileWaiting();
  try {
    return await value;
  } finally {
    waiting--;
  }
}

function sleepWhileWaiting(): void {
  sleepsEachTurn = waiting > 0;
  if (!sleepsEachTurn) return;
  Atomics.wait(clock, 0, 0, Math.min(0.5, (performance.now() - since) / 10));
  setImmediate(sleepWhileWaiting);
}
