/** What both threads say of a session after its end. */
import type { Complaint } from '@famjs/backends/errors';

export const disposedSession = (): Complaint => ({
  wrong: 'The session was disposed of.',
  expected: 'a session that is still there.',
  remedy: 'dispose of a session when nothing more is asked of it, or open another one.',
});
