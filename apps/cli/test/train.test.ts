/** Training as a run.yaml says: killed and gone on with to the same bits, alone in its folder, and exact about what it is told. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { setBackend } from '@famjs/backends';
import type { Evaluated } from '@famjs/tasks';
import { openFilesIn, seesOpenFiles } from '@famjs/testing/open-files';
import { decodeTensors, loadModel, readSafetensors } from '@famjs/zoo';
import type * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRunFile } from '../src/training/run-place.ts';
import { trainRun } from '../src/training/train-run.ts';
import { famjs, startFamjs } from './famjs.ts';
import { saveTinyModel, temporaryFolder } from './tiny-model.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const steps = 24;
const run = `
model: model
train: lora
lora: { rank: 2, alpha: 4, targets: [q_proj, down_proj] }
task: { name: passkey, books: [book.txt] }
stages:
  - { steps: ${steps}, blocks: [2, 3], rows: 2, rate: { from: 1e-2, to: 1e-3, shape: cosine }, mix: 0.1, hold: 0.1 }
save: { everySeconds: 0, keep: 2 }
`;

beforeAll(async () => {
  await saveTinyModel(path.join(folder, 'model'));
  writeFileSync(path.join(folder, 'book.txt'), 'The grass is green. There is an important info. '.repeat(50));
  writeFileSync(path.join(folder, 'run.yaml'), run);
});

const train = (out: string, ...more: string[]) => [
  'train',
  'run.yaml',
  '--backend',
  'wasm',
  '--out',
  out,
  ...more,
];
const logged = (out: string) => {
  const text = readFileSync(path.join(folder, out, 'log.jsonl'), { encoding: 'utf8', flag: 'a+' });
  return text
    .split('\n')
    .filter(Boolean)
    .map((line): { step: number; loss: number } => JSON.parse(line));
};
const checkpoints = (out: string) =>
  readdirSync(path.join(folder, out)).filter((name) => name.startsWith('step-'));
const last = (out: string) => readFileSync(path.join(folder, out, checkpoints(out).sort().at(-1)!));

test('killed at any moment, the same command ends with the same bits; meanwhile the folder is taken', async () => {
  mkdirSync(path.join(folder, 'killed'));
  const killed = startFamjs(train('killed'), folder);
  while (logged('killed').length < 3) await setTimeout(5);
  killed.process.kill('SIGSTOP');
  const second = await famjs(train('killed'), folder);
  expect(second.stderr).toMatch(/The process \d+ on .* is training in killed/);
  killed.process.kill('SIGKILL');
  expect((await killed.ended).status).toBe('SIGKILL');

  // As it would be, had it been killed while it wrote.
  const draft = path.join(folder, `killed/step-000000003.training.safetensors.${randomUUID()}.tmp`);
  writeFileSync(draft, 'the half of a checkpoint');
  const [again, whole] = await Promise.all([famjs(train('killed'), folder), famjs(train('whole'), folder)]);
  expect([again.status, whole.status]).toEqual([0, 0]);
  expect(again.stderr).toMatch(/goes on from step \d+ of 24/);
  expect(checkpoints('killed').sort()).toEqual(
    [23, 24].map((step) => `step-0000000${step}.training.safetensors`),
  );
  expect(last('killed').equals(last('whole'))).toBe(true);
  const losses = (out: string) => logged(out).map(({ step, loss }) => [step, loss]);
  expect(losses('killed')).toEqual(losses('whole'));
}, 300_000);

test('what was trained is a memory of the model, from which another run goes on, in blocks of another size', async () => {
  await setBackend('wasm');
  const model = await loadModel(path.join(folder, 'model'), { memory: path.join(folder, 'whole/memory') });
  const { tensors } = readSafetensors(last('whole'), 'the checkpoint');
  const trained = decodeTensors(tensors)['weights/fam.prompt']!.values;
  expect(await (model.weights['fam.prompt'] as tf.Tensor).data()).toEqual(trained);
  expect(Object.keys(model.config.adapters!.memory!.maps)).toHaveLength(4);
  model.dispose();
  const blockSize = model.config.fam.blockSize + 4;
  const text = run
    .replace('model: model', `model: model\nmemory: whole/memory\nfam: { blockSize: ${blockSize} }`)
    .replace(/^task: (.*)$/m, 'task: [$1, { name: text, texts: [book.txt], blocks: 1, weight: 9 }]')
    .replace(`steps: ${steps}`, 'steps: 4')
    .replace(
      '\nsave:',
      '\n  - { steps: 1, blocks: [2, 2], rows: 3, rate: 1e-3, task: { name: text, texts: [book.txt] } }\nsave:',
    );
  writeFileSync(path.join(folder, 'more.yaml'), text);
  const { status } = await famjs(['train', 'more.yaml', '--backend', 'wasm', '--out', 'more'], folder);
  const lines = logged('more') as unknown as { scores: Record<string, number>; tokens: number }[];
  const ofText = lines.filter(({ scores }) => scores.keys === undefined);
  expect([status, lines.length]).toEqual([0, 5]);
  expect(ofText.length).toBeGreaterThan(1);
  // One block of two rows by the task, then two of three by a stage with a task of its own.
  for (const { tokens } of ofText.slice(0, -1)) expect(tokens).toBe(2 * blockSize);
  expect(lines[4]).toMatchObject({ scores: { accuracy: expect.any(Number) }, tokens: 3 * 2 * blockSize });
  expect(readFileSync(path.join(folder, 'more/memory/fam.json'), 'utf8')).toContain(
    `"block_size": ${blockSize}`,
  );
}, 120_000);

test('a run.yaml is written from a model and its data, once', async () => {
  const empty = path.join(folder, 'empty');
  mkdirSync(empty);
  const init = () => famjs(['train', '--init', '../model', '../book.txt'], empty);
  expect((await init()).stderr).toContain('run.yaml is written');
  const written = readFileSync(path.join(empty, 'run.yaml'), 'utf8');
  expect(written).toMatch(
    /# llama, 2 layers of width 64[\s\S]*# .*book.txt: 1 example[\s\S]*texts: \["..\/book.txt"\]/,
  );
  expect((await init()).stderr).toContain('There is a run.yaml already');
});

test('documents of a file are read one after another, the prompt alone is trained, broken lines are told', async () => {
  const lines = ['{"text": "The grass is green. Here we go. There and back again."}', 'no JSON'];
  writeFileSync(path.join(folder, 'lines.jsonl'), lines.join('\n'));
  const text = `
model: model
train: prompt
optimizer: { name: adafactor }
task: { name: text, texts: [lines.jsonl], order: documents, broken: skip }
stages: [{ steps: 2, blocks: [2, 2], rows: 2, rate: 1e-3 }]
tensorboard: true
watchEvery: 1
evaluate: { every: 1, texts: [book.txt], tokens: 96, passkey: { keys: 2, fillers: [10] } }
`;
  writeFileSync(path.join(folder, 'text.yaml'), text);
  const { status, stderr } = await famjs(
    ['train', 'text.yaml', '--backend', 'wasm', '--out', 'text'],
    folder,
  );
  expect(stderr).toMatch(/1 broken line left out: .*lines.jsonl:2/);
  expect(stderr).toMatch(
    /step 1 of 2 .* · FAM size [\d.]+ · change a block [\d.]+ % · attention to FAM [\d.]+ %.* · to its block/,
  );
  const [, told] = /about ([\d.]+) MB of tensors at once/.exec(stderr)!;
  const peaks = logged('text').map((line) => (line as unknown as { peakBytes: number }).peakBytes);
  expect(Number(told) / (Math.max(...peaks) / 1e6)).toBeCloseTo(1, 1);
  expect([status, logged('text').map(({ step }) => step)]).toEqual([0, [1, 2]]);
  const scored = await famjs(
    ['score', 'model', '--memory', 'text/memory', '--file', 'book.txt', '--max-tokens', '96', '--json'],
    folder,
  );
  const { loss } = JSON.parse(scored.stdout);
  const [, { evaluated }] = logged('text') as unknown as [unknown, { evaluated: Evaluated }];
  expect(evaluated.loss).toBeCloseTo(loss, 4);
  expect(evaluated.byPosition).toHaveLength(8);
  expect(evaluated.keys).toEqual({ 10: expect.any(Number) });
  expect(stderr).toContain(`held-out loss ${evaluated.loss!.toFixed(4)}`);
  expect(readdirSync(path.join(folder, 'text/tensorboard'))).toEqual([
    expect.stringMatching(/^events\.out\.tfevents\./),
  ]);
  const page = readFileSync(path.join(folder, 'text/report.html'), 'utf8');
  expect(page).not.toMatch(/(src|href)=|url\(|@import|<script/);
  for (const said of [
    'held out',
    'keys after 10',
    'FAM by layer',
    'name: adafactor',
    evaluated.loss!.toFixed(4),
  ])
    expect(page).toContain(said);
  expect(page.match(/<figure>/g)).toHaveLength(7);
  const best = JSON.parse(readFileSync(path.join(folder, 'text/best.json'), 'utf8'));
  const losses = logged('text').map((line) => (line as unknown as { evaluated: Evaluated }).evaluated.loss!);
  expect(best.loss).toBe(Math.min(...losses));
});

test('a memory of a frozen model is learned, and the model as it is goes on from it', async () => {
  const text = run
    .replace('train: lora', 'train: state')
    .replace(/^task: .*$/m, 'task: { name: text, texts: [book.txt], order: documents }')
    .replace(`steps: ${steps}`, 'steps: 2')
    .replace(', mix: 0.1, hold: 0.1', '');
  writeFileSync(
    path.join(folder, 'state.yaml'),
    `${text}\nevaluate: { every: 2, texts: [book.txt], tokens: 64 }`,
  );
  const { status } = await famjs(['train', 'state.yaml', '--backend', 'wasm', '--out', 'state'], folder);
  await setBackend('wasm');
  const model = await loadModel(path.join(folder, 'model'));
  const session = await model.restore(readFileSync(path.join(folder, 'state/memory.session')));
  const book = model.tokenizer.encode(readFileSync(path.join(folder, 'book.txt'), 'utf8'));
  const { logProbabilities } = await session.score(book.slice(0, 64));
  const [, { evaluated }] = logged('state') as unknown as [unknown, { evaluated: Evaluated }];
  const known = Array.from(logProbabilities).filter((value) => !Number.isNaN(value));
  const loss = -known.reduce((sum, value) => sum + value, 0) / known.length;
  expect([status, session.state.rows[0]!.updates]).toEqual([0, 2]);
  expect(loss).toBeCloseTo(evaluated.loss!, 4);
  model.dispose();
}, 120_000);

test('a run that diverges leaves the checkpoint before that and a page that says so', async () => {
  const text = run
    .replace('model: model', `model: ${path.join(folder, 'model')}`)
    .replace('train: lora', 'train: full')
    .replace(', books: [book.txt]', '')
    .replace(/rate: \{.*?\}/, 'rate: 1e30');
  writeFileSync(path.join(folder, 'wild.yaml'), text);
  await setBackend('wasm');
  const order = { folder: path.join(folder, 'wild'), tokens: path.join(folder, 'tokens'), anyBackend: true };
  const wild = trainRun({ run: await openRunFile(path.join(folder, 'wild.yaml')), ...order });
  await expect(wild).rejects.toThrow(/gradients of fam.prompt, .* are not finite/);
  const steps = logged('wild').length;
  expect(steps).toBeGreaterThan(0);
  expect(checkpoints('wild').sort().at(-1)).toBe(
    `step-${String(steps).padStart(9, '0')}.training.safetensors`,
  );
  const page = readFileSync(path.join(folder, 'wild/report.html'), 'utf8');
  expect(page).toMatch(/It ended early: The loss of step 1 is .* gradients of fam.prompt, .* are not finite/);
  // What was trained is a model of its own, whatever it is worth.
  const model = await loadModel(path.join(folder, 'wild/model'));
  expect(model.config.adapters).toBeUndefined();
  model.dispose();
});

test('a small model is trained from scratch on a text, with the tokenizer of another', async () => {
  const text = `
model: { tokenizer: ${path.join(folder, 'model')}, layers: 1, width: 16, heads: 2 }
fam: { length: 2, blockSize: 16 }
train: full
task: { name: text, texts: [book.txt], order: documents }
stages: [{ steps: 3, blocks: [2, 2], rows: 2, rate: 1e-2 }]
`;
  const file = path.join(folder, 'scratch.yaml');
  writeFileSync(file, text);
  await setBackend('wasm');
  const order = {
    folder: path.join(folder, 'scratch'),
    tokens: path.join(folder, 'tokens'),
    anyBackend: true,
  };
  await trainRun({ run: await openRunFile(file), ...order });
  const losses = logged('scratch').map(({ loss }) => loss);
  const model = await loadModel(path.join(folder, 'scratch/model'));
  const { layers, width, fam, family } = model.config;
  expect([layers, width, fam.famLength, fam.blockSize, family.modelType]).toEqual([1, 16, 2, 16, 'llama']);
  expect(Math.abs(losses[0]! - Math.log(model.tokenizer.size))).toBeLessThan(0.5);
  expect(losses[2]).toBeLessThan(losses[0]!);
  const told = 'a model from scratch with the tokenizer of ';
  expect(readFileSync(path.join(folder, 'scratch/report.html'), 'utf8')).toContain(told);
  model.dispose();
  // A run is made longer, and goes on.
  writeFileSync(file, text.replace('steps: 3', 'steps: 4'));
  await trainRun({ run: await openRunFile(file), ...order });
  expect(logged('scratch').map(({ step, loss }) => [step, loss])).toEqual([
    ...losses.map((loss, i) => [i + 1, loss]),
    [4, expect.any(Number)],
  ]);
  writeFileSync(file, text.replace('train: full', 'train: lora'));
  await expect(openRunFile(file)).rejects.toThrow(/train: expected full/);
  writeFileSync(file, text.replace('width', 'widht'));
  await expect(openRunFile(file)).rejects.toThrow(/model: there is no "widht", did you mean "width"/);
});

test('books that are given stand in place of those that the tasks of PassKey name, wherever these are', async () => {
  const booksOf = async (place: string, ...books: string[]) => {
    const { task, stages } = (await openRunFile(place, { books })).file;
    return [task, ...stages.map((stage) => stage.task ?? [])].map((tasks) =>
      tasks.map((one) => (one.name === 'passkey' ? one.books : one.name)),
    );
  };
  const all = (await booksOf('smollm2-passkey', 'a.txt', 'owner/name')).flat();
  expect(new Set(all.map(String))).toEqual(new Set(['a.txt,owner/name']));
  await expect(openRunFile('smollm2-passkey')).rejects.toThrow(/asks for what books say.*--book one\.txt/);
  const file = path.join(folder, 'shelf.yaml');
  const own = '{ name: passkey, books: [book.txt] }';
  const text = '{ name: text, texts: [book.txt] }';
  const staged = run.replace('rows: 2', `rows: 2, task: ${own}`);
  writeFileSync(file, staged.replace(`task: ${own}\n`, `task: [${own}, ${text}]\n`));
  const here = path.join(import.meta.dirname, 'train.test.ts');
  expect(await booksOf(file, path.relative('.', here))).toEqual([[[here], 'text'], [[here]]]);
  writeFileSync(file, run.replace(own, text));
  await expect(booksOf(file, 'a.txt')).rejects.toThrow(/a\.txt.*no task of .*shelf\.yaml is PassKey/);
});

test('files of tokens are open while a run goes on, and closed when it is stopped, refused or at its end', async () => {
  const text = `
model: { tokenizer: ${path.join(folder, 'model')}, layers: 1, width: 16, heads: 2 }
fam: { length: 2, blockSize: 16 }
train: full
task: { name: text, texts: [book.txt] }
stages: [{ steps: 2000, blocks: [2, 2], rows: 2, rate: 1e-2 }]
`;
  const file = path.join(folder, 'held-open.yaml');
  const tokens = path.join(folder, 'open-tokens');
  await setBackend('wasm');
  const trained = async (content: string, out: string) => {
    writeFileSync(file, content);
    await trainRun({
      run: await openRunFile(file),
      ...{ folder: path.join(folder, out), tokens, anyBackend: true },
    });
  };
  const stopped = trained(text, 'open-stopped');
  const ended = expect(stopped).rejects.toThrow(/The checkpoint of step/);
  mkdirSync(path.join(folder, 'open-stopped'), { recursive: true });
  while (logged('open-stopped').length < 1) await setTimeout(5);
  const whileRunning = openFilesIn(tokens);
  process.emit('SIGINT', 'SIGINT');
  await ended;
  const [name] = readdirSync(tokens);
  expect([whileRunning, openFilesIn(tokens)]).toEqual(seesOpenFiles ? [[name], []] : [[], []]);
  await expect(trained(text.replace('[2, 2]', '[999, 999]'), 'open-short')).rejects.toThrow(
    /asked of a text/,
  );
  expect(openFilesIn(tokens)).toEqual([]);
  await trained(text.replace('steps: 2000', 'steps: 1'), 'open-whole');
  expect(openFilesIn(tokens)).toEqual([]);
});

test('a held-out text that is not there is told before the first step', async () => {
  writeFileSync(path.join(folder, 'held.yaml'), `${run}\nevaluate: { every: 9, texts: [none.txt] }`);
  const { status, stderr } = await famjs(
    ['train', 'held.yaml', '--backend', 'wasm', '--out', 'held'],
    folder,
  );
  expect(stderr).toContain('none.txt');
  expect([status, logged('held')]).toEqual([1, []]);
});

test('a run that has no room is told before the first step, with what would help', async () => {
  const text = run
    .replace(/blocks: .*rows: 2/, 'blocks: [4, 4], rows: 4000')
    .replace(`steps: ${steps}`, 'steps: 1')
    .replace('task: { name: passkey, books: [book.txt] }', 'task: { name: text, texts: [book.txt] }');
  writeFileSync(path.join(folder, 'large.yaml'), text);
  const { status, stderr } = await famjs(
    ['train', 'large.yaml', '--backend', 'wasm', '--out', 'large'],
    folder,
  );
  expect(stderr).toMatch(/takes about [\d.]+ GB of tensors at once, and wasm has room for [\d.]+ GB/);
  expect(stderr).toContain('segmentBlocks');
  expect([status, logged('large'), checkpoints('large')]).toEqual([1, [], []]);
});

test('unknown keys are named with their nearest neighbour, before anything is loaded', async () => {
  writeFileSync(path.join(folder, 'odd.yaml'), run.replace('alpha', 'alhpa').replace('save', 'seve'));
  const { status, stderr } = await famjs(['train', 'odd.yaml'], folder);
  expect(status).toBe(1);
  expect(stderr).toContain('lora: there is no "alhpa", did you mean "alpha"?');
  expect(stderr).toContain('there is no "seve", did you mean "save"?');
  expect((await famjs(['train', 'smollm2-passkye'], folder)).stderr).toContain('one of smollm2-passkey');
});
