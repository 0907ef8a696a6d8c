/** The PassKey test as a source of training batches. */
import { type Batch, type Passage, type Random, type Task, targetList } from '@famjs/trainer';
import { drawKey } from './keys.ts';
import type { PassKeyText } from './text.ts';

/** Steps of training on texts of similar length. */
export interface PassKeyStage {
  steps: number;
  /** Whole blocks before the question, drawn log-uniformly between the two. */
  blocks: readonly [least: number, most: number];
  /** Blocks per batch: there are as many rows as they allow, within `rows`. */
  blocksPerBatch: number;
  rows: readonly [least: number, most: number];
}

/** Loss weight of the key's second mention in the head, which teaches to bind a key, beside 1 for the answer. */
const SECOND_MENTION = 1;

/**
 * Texts whose passage is the head and filler in whole blocks, and whose probe is what is left of the filler, 0 … C − 1
 * tokens, so that the question falls anywhere, across the border of two blocks too, and the question with its answer.
 * Both mentions and the answer are to be predicted.
 */
export function passKeyTask(text: PassKeyText, blockSize: number, stages: readonly PassKeyStage[]): Task {
  return {
    batch(step, random) {
      const stage = stageOf(stages, step);
      const blocks = logUniform(stage.blocks, random);
      const fitting = Math.floor(stage.blocksPerBatch / blocks);
      const rows = Math.max(stage.rows[0], Math.min(stage.rows[1], fitting));
      return batchOf(text, rows, blocks * blockSize, blockSize, random);
    },
    save: () => null,
    restore: () => {},
  };
}

function stageOf(stages: readonly PassKeyStage[], step: number): PassKeyStage {
  let end = 0;
  return stages.find((stage) => step < (end += stage.steps)) ?? stages.at(-1)!;
}

/** A whole number whose logarithm is uniform. */
function logUniform([least, most]: readonly [number, number], random: Random): number {
  const [low, high] = [Math.log(least - 0.49), Math.log(most + 0.49)];
  return Math.round(Math.exp(low + (high - low) * random.uniform()));
}

function batchOf(text: PassKeyText, rows: number, length: number, blockSize: number, random: Random): Batch {
  const keys = Array.from({ length: rows }, () => drawKey(random));
  const answers = keys.map(text.answer);
  const asked = text.question.length + answers[0]!.length;
  const probeLength = blockSize - 1 + asked;
  const [passage, probe] = [blank(rows, length), blank(rows, probeLength)];
  const [learned, scored] = [targetList(), targetList()];

  keys.forEach((key, row) => {
    const [head, answer] = [text.head(key), answers[row]!];
    // Filler starts anywhere in its period, as it does in a text that goes on after an earlier question.
    const phase = random.below(1 << 16);
    const filler = text.filler(phase, phase + length - head.length + probeLength);
    passage.tokens.set(head, row * length);
    passage.tokens.set(filler.subarray(0, length - head.length), row * length + head.length);
    const { from, to } = text.secondMention(key);
    for (let at = from; at < to; at++) {
      learned.add(row * length + at - 1, head[at]!, SECOND_MENTION / (rows * answer.length), false);
    }

    const rest = random.below(blockSize);
    const begin = row * probeLength;
    probe.tokens.set(filler.subarray(length - head.length), begin);
    probe.tokens.set([...text.question, ...answer], begin + rest);
    answer.forEach((token, digit) => {
      const place = begin + rest + text.question.length - 1 + digit;
      scored.add(place, token, 1 / (rows * answer.length), true);
    });
  });
  return { rows, ...passage, targets: learned.targets(), probe: { ...probe, targets: scored.targets() } };
}

const blank = (rows: number, length: number): Pick<Passage, 'length' | 'tokens'> => ({
  length,
  tokens: new Int32Array(rows * length),
});
