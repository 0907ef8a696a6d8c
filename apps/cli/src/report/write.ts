/** Writes a PassKey report: the page for people and the JSON behind it, both whole or neither. */
import path from 'node:path';
import { writeAtomic } from '@famjs/zoo/node';
import type { PassKeyReport } from './passkey-report.ts';

/**
 * @param file path without extension
 * @throws StorageError when the folder cannot be written to; a report that was there is then intact
 */
export async function writeReport(file: string, report: PassKeyReport): Promise<void> {
  // The page's chart needs a DOM, which is heavy: it is loaded by those who draw one.
  const { passKeyPage } = await import('./page.ts');
  const name = path.basename(file);
  await writeAtomic(path.dirname(file), {
    [`${name}.html`]: passKeyPage(report),
    [`${name}.json`]: toJson(report),
  });
}

export function toJson(report: PassKeyReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
