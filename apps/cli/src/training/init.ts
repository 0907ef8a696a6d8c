/** A run.yaml to begin with, made from a model and its data, with a comment for every choice. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '@famjs/backends';
import { parseRunFile } from '@famjs/tasks';
import { readExamples } from '@famjs/trainer/node';
import { costsOf, describeModel } from '@famjs/zoo';
import { storageError } from '@famjs/zoo/node';
import { parse } from 'yaml';
import { plural } from '../format.ts';
import { modelPlace } from '../passkey/model-folder.ts';

/**
 * Writes `file`, which must not be there yet.
 *
 * @throws ConfigError when it is there
 * @throws CheckpointError, ConfigError what `describeModel` and `readExamples` throw
 */
export async function initRun(model: string, data: readonly string[], file: string): Promise<void> {
  const { config } = await describeModel(modelPlace(model));
  const counts: string[] = [];
  for (const place of data) counts.push(`${place}: ${plural((await readExamples(place)).length, 'example')}`);
  const { family, layers, width, fam } = config;
  const about = `${family.modelType}, ${plural(layers, 'layer')} of width ${width}, ${plural(costsOf(config).parameters, 'weight')}`;
  const content = text(model, about, fam.famLength > 0, data, counts);
  parseRunFile(parse(content), file);
  await writeFile(file, content, { flag: 'wx' }).catch((cause) => {
    if (cause.code !== 'EEXIST') throw storageError(path.dirname(file), cause);
    throw new ConfigError({
      wrong: `There is a ${file} already.`,
      expected: 'a name that is free.',
      remedy: 'move it away, or edit it.',
    });
  });
}

function text(
  model: string,
  about: string,
  hasFam: boolean,
  data: readonly string[],
  counts: readonly string[],
): string {
  const quoted = (value: string) => JSON.stringify(value);
  const fam = hasFam
    ? '# It has a FAM of its own. Choices here stand in place of its fam.json.\n# fam: { memorySegments: 1 }'
    : `# What the model remembers by: blocks, FAM, memory segments and sinks, in the words of loadModel. FAM begins as embeddings of random tokens.
fam: { length: 16, blockSize: 64, memorySegments: 1, sinks: 1, variant: fam-norm, norm: initial }`;
  const task =
    data.length > 0
      ? `${counts.map((count) => `# ${count}`).join('\n')}
# order: documents reads each from its beginning to its end with its memory carried on; random and lanes join them.
task: { name: text, texts: [${data.map(quoted).join(', ')}], order: documents }`
      : `# The paper's PassKey test in the model's own tokens; books: [novel.txt] gives half of the rows filler of real texts,
# and language: 1 asks for what they say too, without which a model that learns keys loses its language.
task: { name: passkey, secondMention: 0.3 }`;
  return `# famjs train run.yaml
# ${about}
model: ${quoted(model)}

${fam}

# lora: low-rank updates and FAM's beginning, the rest frozen. full: every weight. prompt: FAM's beginning alone.
# state: a memory that texts begin with, for the model as it is.
train: lora
lora: { rank: 16, alpha: 32, targets: all-linear }

${task}

# adamw, or adafactor as in the paper.
optimizer: { name: adamw, weightDecay: 0, clipNorm: 1 }
# Steps over which the rate rises.
warmup: 10
# One stage after another. blocks: whole blocks of a row, drawn between the two for passkey, the second for text. A rate, noise, mix or hold
# is a number, or { from, to, shape: linear or cosine }.
stages:
  - { steps: 200, rows: 8, blocks: [2, 4], rate: { from: 1e-3, to: 1e-4, shape: cosine } }

# Probability of beginning from the FAM of the step before; the paper has 0.8.
randomStatePassing: 0
# Whole blocks whose activations are held at once: fewer take less memory and more time, and change nothing.
segmentBlocks: 3
# Whether within these too layers are computed again: less memory, more time, and no other result.
recomputeLayers: false
# A look at what it has learnt, every so many steps: the loss of texts that are not trained on, keys of PassKey that are recalled. The best is kept.
# evaluate: { every: 50, texts: [held-out.txt], passkey: { keys: 16, fillers: [1000] } }
seed: 0
save: { everySeconds: 60, keep: 3 }
`;
}
