/** What was found, as JSON to be sent to others. */
import { type Row, TOLERANCE } from './events.ts';

export function reportOf(rows: readonly Row[]): string {
  const { userAgent, hardwareConcurrency } = navigator;
  const report = {
    ...{ format: 'famjs-backends-1', date: new Date().toISOString(), userAgent, hardwareConcurrency },
    ...{ model: 'passkey-fam', tolerance: TOLERANCE, reference: rows[0]?.backend, backends: rows },
  };
  return JSON.stringify(report, null, 2);
}
