/** WebGPU in Node: Dawn, from the package `webgpu`, on any Vulkan, Metal or Direct3D 12 device. */

export async function requireGpu(): Promise<GPU> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  if (!globalThis.navigator) Object.assign(globalThis, { navigator: {} });
  if (!navigator.gpu) Object.assign(navigator, { gpu: create([]) });
  return navigator.gpu;
}
