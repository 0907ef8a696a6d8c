/** The job of this view: trains a small PassKey model from scratch, a step at a time, and tests its recall by length. */
import { evaluatePassKey } from '@famjs/tasks';
import {
  disposeTraining,
  freshTraining,
  packTraining,
  type TrainingState,
  train,
  unpackTraining,
} from '@famjs/trainer';
import { modelFiles } from '@famjs/zoo';
import type { JobContext } from '../../worker/job.ts';
import { runningBackend } from '../../worker/running-backend.ts';
import type { Recall, StepNews, TrainCommand, TrainEvent } from './events.ts';
import { keepTraining, keptTraining } from './keeping.ts';
import { type Recipe, recipeOf } from './recipe.ts';
import { thinned } from './thinned.ts';

/** Seconds between two checkpoints. */
const SAVING = 10;
/** Steps between two tests that nobody asked for. */
const TESTING = 100;
/** Tokens of filler at which recall is tested: in training, texts have up to 128, or 768 when they are to be held. */
const FILLERS = [16, 64, 256, 1024, 4096];
const KEYS = 32;

export async function* trainHere(context: JobContext<'train'>): AsyncGenerator<TrainEvent> {
  const { input, signal, saved } = context;
  const recipe = recipeOf(input.choices);
  const state = freshTraining(recipe.initialWeights(), input.choices.seed);
  let history: StepNews[] = [];
  let recalls: Recall[] = [];

  /**
   * Keeps everything for the next backend, should this one be lost, and for the next visit, if the browser has room.
   *
   * @returns whether it has
   */
  const save = async (): Promise<boolean> => {
    const checkpoint = await packTraining(recipe, state);
    const notes = { choices: input.choices, history, recalls };
    context.save({ notes, bytes: { checkpoint } });
    const kept = keepTraining(notes, state.step, checkpoint);
    return kept.then(
      () => true,
      () => false,
    );
  };

  try {
    const kept = saved
      ? {
          notes: saved.notes as { history: StepNews[]; recalls: Recall[] },
          checkpoint: saved.bytes.checkpoint!,
        }
      : await keptTraining(input.choices);
    if (kept) {
      await unpackTraining(kept.checkpoint, recipe, state, { anotherBackend: true });
      history = [...kept.notes.history];
      recalls = [...kept.notes.recalls];
    }
    context.stage({ name: 'ready', backend: runningBackend() });
    yield { type: 'opened', steps: recipe.training.steps, history, recalls };

    const steps = train(recipe, state, { signal })[Symbol.asyncIterator]();
    let [plays, savedAt, speed] = [input.plays, performance.now(), 0];
    for (;;) {
      await breath();
      const commands = plays ? context.commands() : [await context.nextCommand()];
      let once = false;
      for (const command of commands) {
        if (command.type === 'play') plays = true;
        if (command.type === 'pause') {
          plays = false;
          yield { type: 'saved', step: state.step, kept: await save() };
        }
        if (command.type === 'step') once = true;
        yield* asked(command);
      }
      if (!plays && !once) continue;
      const { done, value: event } = await steps.next();
      if (done) {
        plays = false;
        yield { type: 'saved', step: state.step, kept: await save() };
        yield { type: 'ended' };
        continue;
      }
      if (event.type !== 'step') continue;
      const { step, loss, scores } = event;
      const news = { step, loss, digits: scores.digits!, keys: scores.keys! };
      history = thinned([...history, news]);
      const now = event.tokens / event.seconds;
      speed = speed === 0 ? now : 0.9 * speed + 0.1 * now;
      const secondsLeft = ((event.steps - step) * event.tokens) / speed;
      yield { type: 'step', ...news, tokensPerSecond: speed, secondsLeft };
      if (step % TESTING === 0) yield* tested();
      if (once || performance.now() - savedAt > 1000 * SAVING) {
        yield { type: 'saved', step, kept: await save() };
        savedAt = performance.now();
      }
    }
  } finally {
    disposeTraining(state);
  }

  async function* asked(command: TrainCommand): AsyncGenerator<TrainEvent> {
    if (command.type === 'test') yield* tested();
    if (command.type === 'give') yield { type: 'given', files: await filesOf(recipe, state) };
  }

  async function* tested(): AsyncGenerator<TrainEvent> {
    const shares: { filler: number; digits: number; keys: number }[] = [];
    const model = { config: recipe.config, weights: state.weights };
    const options = { fillers: FILLERS, keys: KEYS, seed: input.choices.seed, signal };
    for await (const event of evaluatePassKey(model, recipe.tokenizer, options)) {
      if (event.type === 'read') yield { type: 'testing', filler: event.done };
      else {
        const { digits, exact } = event.score;
        shares.push({ filler: event.filler, digits: digits.share, keys: exact.share });
      }
    }
    const recall = { step: state.step, shares };
    recalls = [...recalls.filter(({ step }) => step !== recall.step), recall];
    yield { type: 'recall', ...recall };
  }
}

/** Lets messages of the page in, which computing on wasm keeps out. */
const breath = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

const filesOf = ({ config, tokenizer }: Recipe, { weights }: TrainingState) =>
  modelFiles({ config, weights, tokenizer });
