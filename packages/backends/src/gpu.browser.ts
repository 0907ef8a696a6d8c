/** WebGPU as the browser has it. */

export async function requireGpu(): Promise<GPU> {
  if (!navigator.gpu)
    throw new Error('this browser has no WebGPU, or keeps it from pages that are not secure');
  return navigator.gpu;
}

/** A page learns from its adapter whether there is a GPU. */
export const hasHardware = () => true;

/** Waits for a device, as browsers do without being asked. */
export const patiently = <Value>(value: Promise<Value>): Promise<Value> => value;
