/** The job of this view: one text is read block by block with everything noted, and others beside it for comparison. */
import { disposeState, type FamState } from '@famjs/layer';
import { type PassKeyText, passKeyText, shuffledFiller } from '@famjs/tasks';
import type { LanguageModel } from '@famjs/zoo';
import { reservedKeys } from '../../passkey/keys.ts';
import { type LiveText, openText } from '../../passkey/live-text.ts';
import { loadShipped } from '../../passkey/models.ts';
import { askForKeys } from '../../passkey/questions.ts';
import type { JobContext } from '../../worker/job.ts';
import { runningBackend } from '../../worker/running-backend.ts';
import { answersWithout } from './ablation.ts';
import type { InsideEvent } from './events.ts';
import { planeOf } from './projection.ts';
import { copyOf, famsOf, tracedRead } from './trace.ts';

/** Other keys, whose texts show where FAM comes to rest. */
const OTHERS = 24;

export async function* inside(context: JobContext<'inside'>): AsyncGenerator<InsideEvent> {
  const { input, signal } = context;
  const model = await loadShipped('passkey-fam', input.base, signal, (progress) =>
    context.stage({ name: 'loading', ...progress }),
  );
  const states: FamState[] = [];
  const texts: LiveText[] = [];
  try {
    const text = passKeyText(model.tokenizer);
    const keys = reservedKeys(input.key, 1 + OTHERS, input.seed);
    const { fam, layers } = model.config;
    context.stage({ name: 'warming' });
    const [own, others] = [openText(model, 1), openText(model, OTHERS)];
    texts.push(own, others);
    yield {
      ...{ type: 'opened', keys, layers, blocks: input.blocks },
      ...{ blockSize: fam.blockSize, famLength: fam.famLength },
    };
    yield* readBlocks(context, model, text, keys, own, others, states);
    for (;;) {
      const { block } = await context.nextCommand();
      const state = states[block];
      if (state) yield await ablation(model, text, keys[0]!, block, state, others.state);
    }
  } finally {
    for (const state of states) disposeState(state);
    for (const live of texts) live.dispose();
    model.dispose();
  }
}

async function* readBlocks(
  { stage, signal, input }: JobContext<'inside'>,
  model: LanguageModel,
  text: PassKeyText,
  keys: readonly string[],
  own: LiveText,
  others: LiveText,
  states: FamState[],
): AsyncGenerator<InsideEvent> {
  const { blockSize: C } = model.config.fam;
  const { blocks } = input;
  const rows = keys.map((key, row) => {
    const head = text.head(key);
    const order = input.filler === 'shuffled' ? shuffledFiller(input.seed, 0, row) : undefined;
    return Int32Array.from([...head, ...text.filler(0, blocks * C - head.length, order)]);
  });
  const path = await famsOf(own.state);
  for (let index = 0; index < blocks; index++) {
    const part = (row: Int32Array) => row.subarray(index * C, (index + 1) * C);
    const attention = await tracedRead(own, part(rows[0]!));
    await others.read(rows.slice(1).map(part));
    states.push(copyOf(own.state));
    const [fam] = await famsOf(own.state);
    const [answer] = await askForKeys(own, text);
    path.push(fam!);
    yield {
      ...{ type: 'block', index, answer: answer!.digits, sure: sureOf(answer!.probabilities, keys[0]!) },
      words: Array.from(part(rows[0]!), (token) => model.tokenizer.decode([token]).trim()),
      layers: attention.map((weights, l) => ({
        attention: weights,
        ...changeOf(layerOf(path.at(-2)!, l, attention.length), layerOf(fam!, l, attention.length)),
      })),
    };
    if (index === 0) stage({ name: 'ready', backend: runningBackend() });
    signal.throwIfAborted();
  }
  const resting = await famsOf(others.state);
  const plane = planeOf([...resting, path.at(-1)!]);
  yield {
    ...{ type: 'paths', shares: plane.shares },
    ...{ path: path.map(plane.place), resting: resting.map(plane.place) },
  };
}

async function ablation(
  model: LanguageModel,
  text: PassKeyText,
  key: string,
  block: number,
  state: FamState,
  others: FamState,
): Promise<InsideEvent> {
  const [whole, ...without] = await answersWithout(model, text, state, others);
  const F = model.config.fam.famLength;
  const byLayer = Array.from({ length: model.config.layers }, (_, l) => without.slice(l * F, (l + 1) * F));
  return {
    ...{ type: 'ablation', block, whole: sureOf(whole!.probabilities, key) },
    without: byLayer.map((layer) => layer.map(({ probabilities }) => sureOf(probabilities, key))),
    answers: byLayer.map((layer) => layer.map(({ digits }) => digits)),
  };
}

/** How likely each digit of the key is in its place. */
const sureOf = (probabilities: readonly (readonly number[])[], key: string) =>
  probabilities.map((place, i) => place[Number(key[i])]!);

const layerOf = (fams: Float32Array, layer: number, layers: number) =>
  fams.subarray((layer * fams.length) / layers, ((layer + 1) * fams.length) / layers);

function changeOf(before: Float32Array, after: Float32Array): { size: number; change: number } {
  let [squares, changes] = [0, 0];
  after.forEach((value, i) => {
    squares += value ** 2;
    changes += (value - before[i]!) ** 2;
  });
  return { size: Math.sqrt(squares / after.length), change: Math.sqrt(changes / squares) };
}
