/** The job of this view: two models read the same texts, side by side, and are asked for the keys again and again. */
import { drawTestKeys, type PassKeyText, passKeyText, shuffledFiller } from '@famjs/tasks';
import { type LanguageModel, type LoadProgress, loadModel } from '@famjs/zoo';
import { keptFiles } from '../../kept-files.ts';
import { reservedKeys } from '../../passkey/keys.ts';
import { loadShipped } from '../../passkey/models.ts';
import { askForKeys } from '../../passkey/questions.ts';
import type { ShippedName } from '../../passkey/shipped-files.ts';
import type { JobContext } from '../../worker/job.ts';
import { runningBackend } from '../../worker/running-backend.ts';
import { type Contestant, contestants, type Deed, type WatchEvent } from './events.ts';
import { openReading, type Reading, type ReadingNotes } from './reading.ts';

const shipped: Record<Contestant, ShippedName> = { fam: 'passkey-fam', bswa: 'passkey-bswa2' };

/** Texts read side by side. */
const ROWS = 16;

/** Tokens to whose borders texts are read. */
const BLOCK = 64;
/** Milliseconds a read should take, so that commands are heard soon. */
const PACE = 90;
/** Milliseconds between two questions that nobody asked. */
const ASKING = 1000;
/** Milliseconds between two saves. */
const SAVING = 3000;

export async function* watch(context: JobContext<'watch'>): AsyncGenerator<WatchEvent> {
  const { input, signal, saved } = context;
  const notes = saved?.notes as ReadingNotes | undefined;
  const models: Partial<Record<Contestant, LanguageModel>> = {};
  const readings: Reading[] = [];
  const load = async (contestant: Contestant) => {
    const note = (progress: LoadProgress) => context.stage({ name: 'loading', ...progress });
    const model =
      contestant === 'fam' && input.own
        ? await loadModel(await keptFiles(input.own), { signal, onProgress: note })
        : await loadShipped(shipped[contestant], input.base, signal, contestant === 'fam' ? note : undefined);
    models[contestant] = model;
    return model;
  };
  try {
    const fam = await load('fam');
    const text = passKeyText(fam.tokenizer);
    const keys = notes?.keys ?? reservedKeys(input.key, ROWS, input.seed);
    const orders = keys.map((_, row) =>
      input.filler === 'shuffled' ? shuffledFiller(input.seed, 0, row) : undefined,
    );
    const open = (contestant: Contestant, model: LanguageModel) =>
      openReading(contestant, model, text, keys, orders, saved);
    readings.push(open('fam', fam));
    context.stage({ name: 'warming' });
    yield opened(fam, text, keys);
    yield* asked(readings[0]!);
    context.stage({ name: 'ready', backend: runningBackend() });
    yield* readAll(context, readings, async () => {
      const reading = open('bswa', await load('bswa'));
      readings.push(reading);
      return reading;
    });
  } finally {
    for (const reading of readings) reading.dispose();
    for (const model of Object.values(models)) model.dispose();
  }
}

function opened(model: LanguageModel, text: PassKeyText, keys: readonly string[]): WatchEvent {
  const decode = (tokens: readonly number[]) => model.tokenizer.decode([...tokens]).trim();
  return {
    ...{ type: 'opened', keys, head: decode(text.head(keys[0]!)), question: decode(text.question) },
    blockSize: model.config.fam.blockSize,
  };
}

async function* asked(reading: Reading): AsyncGenerator<WatchEvent> {
  const answers = await askForKeys(reading.live, reading.text, reading.recurrence());
  yield {
    ...{ type: 'asked', contestant: reading.contestant, tokens: reading.tokens() },
    answers: answers.map(({ digits }) => digits),
    probabilities: answers[0]!.probabilities,
  };
}

/** Reads on and on, the reading that is behind first, and does what it is told in between. */
async function* readAll(
  { commands, nextCommand, save, signal, input, saved }: JobContext<'watch'>,
  readings: Reading[],
  openSecond: () => Promise<Reading>,
): AsyncGenerator<WatchEvent> {
  let paused = input.paused && !saved;
  let blocks = 1;
  let change: number | undefined;
  let lastAsked = performance.now();
  let lastSaved = lastAsked;
  // What was saved has had its acts.
  const acts = input.acts.filter(({ after }) => !saved || after > readings[0]!.tokens());
  const meter = speedometer();
  const askAll = async function* () {
    for (const reading of readings) yield* asked(reading);
    lastAsked = performance.now();
  };
  const isDue = () => acts[0] !== undefined && readings.every((each) => each.tokens() >= acts[0]!.after);
  const act = async function* () {
    if (!isDue()) return;
    while (isDue()) yield await done(readings, acts.shift()!.deed, input.seed, false);
    yield* askAll();
  };
  yield* act();
  for (;;) {
    const [fam, bswa] = readings as [Reading, Reading?];
    const inStep = () => !bswa || bswa.tokens() === fam.tokens();
    if (inStep()) {
      for (const { type } of paused ? [await nextCommand()] : commands()) {
        if (type === 'play' || type === 'pause') paused = type === 'pause';
        else if (type !== 'ask') {
          yield await done(readings, type, input.seed, true);
          // The address says that it was done, so it must not be lost with a device.
          if (fam.tokens() > 0) save(await savedOf(readings));
        }
        if (type === 'play') meter.restart();
        else yield* askAll();
      }
      signal.throwIfAborted();
      if (paused) continue;
    }

    const reading = inStep() ? fam : bswa!;
    const here = Math.floor(reading.tokens() / BLOCK);
    // What a scene does comes after the same block on every device.
    const most = acts[0] ? Math.ceil(acts[0].after / BLOCK) - here : blocks;
    const stride = (here + Math.min(blocks, most)) * BLOCK;
    const began = performance.now();
    const read = await reading.readTo(inStep() ? stride : Math.min(stride, fam.tokens()));
    const took = performance.now() - began;
    if (took < PACE / 2) blocks = Math.min(16, blocks * 2);
    if (took > PACE * 2) blocks = Math.max(1, blocks / 2);
    if (reading === fam) change = await fam.change();
    yield {
      ...{ type: 'tick', tokens: fam.tokens(), speed: meter.add(read * ROWS) },
      bytes: Object.fromEntries(readings.map((reading) => [reading.contestant, reading.bytes()])),
      ...{ words: fam.words(), change },
    };
    if (readings.length < contestants.length) {
      yield { type: 'contestant', contestant: (await openSecond()).contestant };
      meter.restart();
    }
    if (!inStep()) continue;
    if (isDue()) yield* askAll();
    yield* act();
    if (performance.now() - lastAsked > ASKING) yield* askAll();
    if (performance.now() - lastSaved > SAVING) {
      save(await savedOf(readings));
      lastSaved = performance.now();
    }
  }
}

async function done(
  readings: readonly Reading[],
  deed: Deed,
  seed: number,
  byHand: boolean,
): Promise<WatchEvent> {
  const fam = readings[0]!;
  const event = { type: 'done-to-fam', deed, tokens: fam.tokens(), byHand } as const;
  if (deed !== 'tell') {
    fam[deed]();
    return event;
  }
  const otherKeys = drawTestKeys(3 * ROWS, seed + 1)
    .filter((key) => !fam.keys.includes(key))
    .slice(0, ROWS);
  for (const reading of readings) await reading.tell(otherKeys);
  return { ...event, otherKeys };
}

async function savedOf(readings: readonly Reading[]) {
  const { notes } = readings[0]!;
  const bytes: Record<string, Uint8Array> = {};
  const places: Record<string, unknown> = {};
  for (const reading of readings) {
    bytes[reading.contestant] = await reading.live.pack();
    places[reading.contestant] = reading.place();
  }
  return { notes: { ...notes(), places }, bytes };
}

/** Tokens a second over the last two seconds or so. */
function speedometer() {
  let marks: { at: number; tokens: number }[] = [];
  const restart = () => {
    marks = [{ at: performance.now(), tokens: 0 }];
  };
  restart();
  return {
    restart,
    add(tokens: number): number {
      const at = performance.now();
      marks.push({ at, tokens: marks.at(-1)!.tokens + tokens });
      while (marks.length > 2 && at - marks[1]!.at > 2000) marks.shift();
      return ((marks.at(-1)!.tokens - marks[0]!.tokens) / (at - marks[0]!.at)) * 1000;
    },
  };
}
