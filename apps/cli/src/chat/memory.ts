/** What a session holds, in the words of people. */
import { stateTensors } from '@famjs/layer';
import { costsOf, type Session } from '@famjs/zoo';
import { measured, plural } from '../format.ts';

/** Lines about what was read, what of it is visible, and how much space that takes. */
export function describeMemory({ model, state, length, messages }: Session): string[] {
  const { blockSize, memorySegments, famLength, sinks } = model.config.fam;
  const visible = Math.min(length, memorySegments * blockSize + state.filled);
  const bytes = Object.values(stateTensors(state)).reduce((sum, { size }) => sum + 4 * size, 0);
  const first = sinks > 0 && length > visible ? `, and the first ${plural(sinks, 'token')}` : '';
  return [
    `read      ${plural(length, 'token')}, ${plural(messages.length, 'message')} of chat`,
    `visible   the last ${plural(visible, 'token')}${first}`,
    famLength > 0
      ? `FAM       ${plural(famLength, 'activation')} a layer after ${plural(state.rows[0]!.updates, 'update')}${model.untrained ? ', never trained' : ''}`
      : 'FAM       none',
    `space     ${measured(bytes, 'B')}, at most ${measured(costsOf(model.config).stateBytes, 'B')} however much is read`,
  ];
}
