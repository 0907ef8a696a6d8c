/** What a run of training is in plain data, as a run.yaml says it: a model, what of it is trained, on what, and how. */
import { ConfigError } from '@famjs/backends';
import { famNorms, famPositions, presets, stoppedGradients } from '@famjs/layer';
import { parsed } from '@famjs/zoo';
import * as z from 'zod';
import { strict } from './strict.ts';

const whole = z.int().min(1);
const natural = z.int().min(0);
const amount = z.number().min(0);
const share = amount.max(1);

/** A number for the whole stage, or one that changes along it. */
const ramp = z.union(
  [amount, strict({ from: amount, to: amount, shape: z.enum(['linear', 'cosine']).default('linear') })],
  { error: 'expected a number of at least 0, or { from, to, shape: linear or cosine }' },
);

const optimizers = z.discriminatedUnion('name', [
  strict({
    name: z.literal('adamw'),
    ...{ beta1: share.optional(), beta2: share.optional(), epsilon: amount.optional() },
    ...{ weightDecay: amount.optional(), decayVectors: z.boolean().optional(), clipNorm: amount.optional() },
  }),
  strict({
    name: z.literal('adafactor'),
    ...{ beta1: share.optional(), beta2: share.optional(), epsilon: amount.optional() },
    clip: amount.optional(),
  }),
]);

/** How often a task's steps come where there are several. */
const weight = z.number().positive().default(1);

const oneTask = z.discriminatedUnion('name', [
  strict({
    name: z.literal('passkey'),
    weight,
    /** Loss weight of the key's second mention, beside 1 for the answer. */
    secondMention: amount.default(1),
    /** Texts of which half of the rows have their filler. */
    books: z.array(z.string()).default([]),
    /** Loss weight of what the books say, all of it together, beside 1 for the answers. */
    language: amount.default(0),
  }).refine(({ language, books }) => language === 0 || books.length > 0, {
    path: ['language'],
    error: 'expected books beside it, whose language it is',
  }),
  strict({
    name: z.literal('text'),
    weight,
    /** Files, folders, URLs, and owner/name of datasets of the Hub: .txt is a text, .jsonl and .parquet have text, prompt and completion, or messages in each line or row. */
    texts: z.array(z.string()).min(1),
    /**
     * Pieces from anywhere; each row a part of its own from beginning to end with its memory carried on; or each row one document
     * after another, its memory begun anew with each.
     */
    order: z.enum(['random', 'lanes', 'documents']).default('random'),
    /** Whether a line that is no example ends the run before it begins, or is told and left out. */
    broken: z.enum(['fail', 'skip']).default('fail'),
    /** Whole blocks of a row; as many as the first stage has at most unless given. */
    blocks: whole.optional(),
    /** Tokens of each row's end that repeat a part of it (section 3.2 of the paper, which has 256); none unless given. */
    repeated: whole.optional(),
  }),
]);

/** How the run is looked at on its way, and at its end. */
const evaluation = strict({
  /** Steps between two looks. */
  every: whole,
  /** Texts that are not trained on, of which the loss is taken. */
  texts: z.array(z.string()).default([]),
  /** Tokens of each text, from its beginning. */
  tokens: whole.default(1024),
  /** PassKey on so many reserved keys behind so many tokens of filler. */
  passkey: strict({ keys: whole.default(16), fillers: z.array(natural).min(1) }).optional(),
}).refine(({ texts, passkey }) => texts.length > 0 || passkey, 'expected texts, or passkey');

/** One task, or several of which each step is of one. */
const tasks = z
  .union([oneTask, z.array(oneTask).min(1)])
  .transform((given) => [given].flat() as z.output<typeof oneTask>[]);

const stage = strict({
  steps: whole,
  /** Whole blocks of a row, drawn log-uniformly between the two. */
  blocks: z.tuple([whole, whole]),
  /** Tokens of a block of PassKey's texts, where others than the model's are wanted. */
  blockSize: whole.optional(),
  rows: whole.default(8),
  rate: ramp,
  noise: ramp.default(0),
  mix: ramp.default(0),
  hold: ramp.default(0),
  /** What this stage reads, where it is not what the others do. */
  task: tasks.optional(),
  /** Whether the optimizer forgets what it kept, and the rate warms up again. */
  restart: z.boolean().default(false),
});

const fam = strict({
  ...{ length: natural, blockSize: whole, memorySegments: natural, sinks: natural },
  ...{ variant: z.enum(presets), position: z.enum(famPositions), norm: z.enum(famNorms) },
  ...{ window: whole, visible: whole, maxSummaries: whole },
}).partial();

/** A small Llama that begins with random weights. */
const scratch = strict({
  /** The model whose tokenizer it has: what `model` names otherwise. */
  tokenizer: z.string().min(1),
  ...{ layers: whole, width: whole, heads: whole },
  /** As many as heads unless given. */
  keyValueHeads: whole.optional(),
  /** About 8/3 of the width unless given. */
  intermediateWidth: whole.optional(),
  /** Base of the rotary angles. */
  theta: z.number().positive().default(10_000),
  tiedEmbeddings: z.boolean().default(true),
});

/** By itself, so that of the numbers each is told that does not fit. */
const model = z.unknown().transform((given, context) => {
  const { data, error } = (typeof given === 'object' ? scratch : z.string().min(1)).safeParse(given);
  if (data !== undefined) return data;
  for (const { path, message } of error!.issues) context.addIssue({ code: 'custom', path, message });
  return z.NEVER;
});

/** The low-rank updates that begin where a run says nothing of them. */
export const freshLora = { rank: 16, alpha: 32, targets: 'all-linear' };

const schema = strict({
  /** A folder, a .gguf file, a URL, owner/name of the Hub; or the numbers of a model that is trained from scratch. */
  model,
  /** A memory of this model that is trained further, in place of one that begins. */
  memory: z.string().min(1).optional(),
  /** What its blocks are to remember each other by, in the words of `loadModel`; the model's own unless given, and beside `memory` only another `blockSize`. */
  fam: fam.optional(),
  /**
   * What is trained: low-rank updates of linear maps with FAM's beginning (section 3.1 of the paper), all weights, FAM's
   * beginning alone, or only a memory that a text begins with, which becomes a session of the model as it is.
   */
  train: z.enum(['lora', 'full', 'prompt', 'state']),
  /** Of one that begins; a memory's own stays as it is unless this is given, and may have another alpha by it. */
  lora: strict({
    rank: whole.default(freshLora.rank),
    alpha: z.number().positive().default(freshLora.alpha),
    targets: z.union([z.string(), z.array(z.string()).min(1)]).default(freshLora.targets),
  }).optional(),
  task: tasks,
  optimizer: optimizers.default({ name: 'adamw' }),
  /** Steps over which the rate rises, at the beginning and after each restart. */
  warmup: natural.default(0),
  stages: z.array(stage).min(1),
  /** Probability of beginning from the FAM of the step before (random state passing; the paper has 0.8). */
  randomStatePassing: share.default(0),
  randomPositionOffset: z.boolean().default(false),
  stopGradient: z.enum(stoppedGradients).default('none'),
  /** Whole blocks whose activations are held at once: fewer take less memory and more time, and change nothing. */
  segmentBlocks: whole.default(16),
  /** Whether within these too the layers' activations are computed again: less memory, more time, and no other result. */
  recomputeLayers: z.boolean().default(false),
  /** Rows whose gradients are computed at once, all unless given: fewer take less memory and more time, and change nothing. */
  rowsAtOnce: whole.optional(),
  seed: natural.default(0),
  /** Steps between two looks at FAM's size and change in every layer, which the log keeps; none unless given. */
  watchEvery: whole.optional(),
  evaluate: evaluation.optional(),
  /** Whether the log is written as event files of TensorBoard too. */
  tensorboard: z.boolean().default(false),
  save: strict({ everySeconds: amount.default(60), keep: whole.default(3) }).default({
    everySeconds: 60,
    keep: 3,
  }),
}).refine(({ model, train, memory }) => typeof model === 'string' || (train === 'full' && !memory), {
  path: ['train'],
  error: 'expected full, and no memory, of a model from scratch',
});

export type RunFile = z.output<typeof schema>;
export type ScratchModel = z.output<typeof scratch>;
export type RunTask = RunFile['task'][number];
export type RunStage = RunFile['stages'][number];

/**
 * Checks what a run file holds.
 *
 * @param source what errors call it
 * @throws ConfigError naming every value that does not fit, and for keys that are not known their nearest neighbours
 */
export const parseRunFile = (content: unknown, source: string): RunFile =>
  parsed(
    schema,
    content,
    source,
    ConfigError,
    'a run as `famjs train --init` writes one.',
    `correct ${source}.`,
  );
