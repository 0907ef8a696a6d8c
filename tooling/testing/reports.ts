/** Which backends the suites run on, and why not on the others. In browsers, the loops of cpu would only repeat Node's. */
import { listBackends } from '@famjs/backends';

const inBrowser = 'document' in globalThis;

export const reports = (await listBackends()).filter(({ name }) => !(inBrowser && name === 'cpu'));

export const startedBackends = reports.filter(({ started }) => started).map(({ name }) => name);
