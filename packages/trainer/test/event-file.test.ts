/** Event files: the bytes that TensorBoard's own writer has, and what a resumed run takes back. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { recordOf, scalarsEvent, versionEvent } from '../src/event-file.ts';
import { openEventFile } from '../src/node.ts';

// By tensorboard 2.21's RecordWriter: Event(wall_time=1.5, file_version='brain.Event:2'), then Event(wall_time=1.5, step=300) with the
// simple values loss = 0.25 and scores/keys = 1.
const theirs =
  '1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c2f000000000000006d5d1d5009000000000000f83f10ac022a210a0b0a046c6f7373150000803e0a120a0b73636f7265732f6b657973150000803f0b3ff76d';

test('records are those of TensorBoard’s own writer', () => {
  const ours = [versionEvent(1.5), scalarsEvent(1.5, 300, { loss: 0.25, 'scores/keys': 1 })].map(recordOf);
  expect(Buffer.concat(ours).toString('hex')).toBe(theirs);
});

test('a file opens with the step from which the run is done anew; numbers have their paths for names', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'famjs-events-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const events = await openEventFile(path.join(folder, 'run'), 7);
  await events.write(7, { type: 'step', loss: 2, fam: { size: [1, 0.5] } });
  const [name] = readdirSync(path.join(folder, 'run'));
  const text = readFileSync(path.join(folder, 'run', name!)).toString('latin1');
  // session_log { status: START } of step 7.
  expect(text).toContain('\x10\x07\x3a\x02\x08\x01');
  for (const tag of ['loss', 'fam/size/0', 'fam/size/1']) expect(text).toContain(tag);
  expect(text).not.toContain('type');
});
