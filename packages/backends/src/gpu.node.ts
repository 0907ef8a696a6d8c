/** WebGPU in Node: Dawn, from the package `webgpu`, on any Vulkan, Metal or Direct3D 12 device. */

export async function requireGpu(): Promise<GPU> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  if (!globalThis.navigator) Object.assign(globalThis, { navigator: {} });
  if (!navigator.gpu) Object.assign(navigator, { gpu: create([]) });
  return navigator.gpu;
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
