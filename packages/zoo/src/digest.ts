/** SHA-256, by which files are known to be whole and models to be the same. */
import { BackendUnavailableError, require } from '@famjs/backends';

/**
 * The digest in hexadecimal.
 *
 * @throws BackendUnavailableError where the platform has no SHA-256: pages that are neither https nor localhost
 */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const { subtle } = globalThis.crypto ?? {};
  require(subtle, BackendUnavailableError, () => ({
    wrong: 'There is no crypto.subtle here, with which files and models are told apart.',
    expected: 'Node, or a page in a secure context.',
    remedy: 'serve the page by https, or from localhost.',
  }));
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as BufferSource));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
