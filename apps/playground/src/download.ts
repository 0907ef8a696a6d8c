/** Gives the visitor a file. */

/** Milliseconds after which the browser has surely begun to write it. */
const WRITTEN = 60_000;

export function download(name: string, content: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([content as BlobPart]));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), WRITTEN);
}
