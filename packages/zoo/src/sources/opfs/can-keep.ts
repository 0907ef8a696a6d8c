/** Whether a page can keep models. */

/** Whether there is a file system of the origin here, to which anybody may write: secure pages of browsers have it. */
export const canKeep = (): boolean =>
  typeof navigator !== 'undefined' &&
  typeof navigator.storage?.getDirectory === 'function' &&
  typeof FileSystemFileHandle?.prototype.createWritable === 'function' &&
  navigator.locks !== undefined;
