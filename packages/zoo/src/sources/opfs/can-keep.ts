/** Whether a page can keep models. */

/**
 * Whether there is a file system of the origin here, to which anybody may write: secure pages of browsers have it. In a private window
 * some have it in name only.
 */
export async function canKeep(): Promise<boolean> {
  if (typeof navigator === 'undefined' || !navigator.storage?.getDirectory || !navigator.locks) return false;
  if (!FileSystemFileHandle.prototype.createWritable) return false;
  return navigator.storage.getDirectory().then(
    () => true,
    () => false,
  );
}
