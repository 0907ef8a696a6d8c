/** The job of this view: the same tokens on every backend, compared with the first, and how quick each is. */
import { type BackendName, describeBackend, setBackend } from '@famjs/backends';
import type { Schedule } from '@famjs/layer';
import { compareOutputs, type Outputs, outputsOf, passKeyText } from '@famjs/tasks';
import type { LanguageModel } from '@famjs/zoo';
import { openText } from '../../passkey/live-text.ts';
import { loadShipped } from '../../passkey/models.ts';
import { failureOf } from '../../worker/failure.ts';
import type { JobContext } from '../../worker/job.ts';
import { runningBackend } from '../../worker/running-backend.ts';
import type { CompareEvent, Measured } from './events.ts';

/** Tokens of the text that is compared: a block, and a part of the next that stays open. */
const TOKENS = 66;
/** Ways of cutting the text into calls, and how many tokens come before. Single steps, which cost a GPU most, go over the border. */
const schedules: readonly (readonly [schedule: Schedule, head: number])[] = [
  ['scan', 0],
  ['block', 0],
  ['step', 62],
];
/** Tokens of a scan that is timed, and of a single step. */
const [SCAN, STEP] = [1024, 1];
/** Milliseconds that a speed is measured for, at least. */
const LONG = 400;

export async function* compare({
  input,
  signal,
  stage,
}: JobContext<'compare'>): AsyncGenerator<CompareEvent> {
  let reference: Outputs | undefined;
  for (const backend of input.backends) {
    try {
      yield { type: 'measuring', backend, what: 'starting' };
      await setBackend(backend);
      const model = await loadShipped('passkey-fam', input.base, signal);
      try {
        const measured: { row?: Measured } = {};
        for await (const event of measure(model, backend, reference, measured)) {
          if (event.outputs) reference ??= event.outputs;
          yield { type: 'measuring', backend, what: event.what };
          signal.throwIfAborted();
        }
        yield { type: 'row', row: { backend, ...measured.row! } };
        stage({ name: 'ready', backend: runningBackend() });
      } finally {
        model.dispose();
      }
    } catch (error) {
      signal.throwIfAborted();
      yield { type: 'row', row: { backend, reason: failureOf(error).wrong } };
    }
  }
}

async function* measure(
  model: LanguageModel,
  backend: BackendName,
  reference: Outputs | undefined,
  into: { row?: Measured },
): AsyncGenerator<{ what: string; outputs?: Outputs }> {
  const text = passKeyText(model.tokenizer);
  const tokens = [...text.head('90817'), ...text.filler(0, TOKENS)].slice(0, TOKENS);
  let first = reference;
  let worst: Pick<Measured, 'logits' | 'fams'> | undefined;
  for (const [schedule, head] of schedules) {
    yield { what: `comparing by the schedule ${schedule}` };
    const outputs = await outputsOf(model, [tokens], backend, schedule, head);
    first ??= outputs;
    const found = compareOutputs(outputs, first);
    if (!worst || found.logits.relative > worst.logits.relative) worst = found;
    yield { what: 'comparing', outputs: first };
  }
  yield { what: 'timing how it reads' };
  const reading = await speedOf(model, text.filler(0, SCAN));
  yield { what: 'timing how it writes' };
  const writing = await speedOf(model, text.filler(0, STEP));
  const { device, version, emulated } = describeBackend();
  into.row = { ...worst!, device, version, emulated, reading, writing };
}

/** Tokens a second of a call, after one that warms up. */
async function speedOf(model: LanguageModel, run: Int32Array): Promise<number> {
  const live = openText(model, 1);
  try {
    await live.read([run]);
    const began = performance.now();
    let tokens = 0;
    while (performance.now() - began < LONG) {
      await live.read([run]);
      tokens += run.length;
    }
    return (1000 * tokens) / (performance.now() - began);
  } finally {
    live.dispose();
  }
}
