/** What a run of training did, as one self-contained page: loss, recall, FAM by layer, evaluations, settings. */
import type { Evaluated } from '@famjs/tasks';
import type { TrainingEvent, WatchedFam } from '@famjs/trainer';
import { stringify } from 'yaml';
import { clock, megabytes, percent, plural, rough, short } from '../format.ts';
import { escaped, factList, htmlPage } from './html.ts';
import { type Line, lineChart, thinned } from './line-chart.ts';
import { machineInWords } from './machine.ts';
import type { PassKeyReport } from './passkey-report.ts';

/** A line of a run's log. */
export type LoggedStep = Omit<TrainingEvent & { type: 'step' }, 'type' | 'steps'> & {
  fam?: WatchedFam;
  evaluated?: Evaluated;
};

export interface TrainingReport extends Pick<PassKeyReport, 'backend' | 'machine' | 'famjs' | 'command'> {
  name: string;
  /** What was trained on from. */
  model: string;
  /** What decides the result, in plain data. */
  settings: object;
  /** What kind of model it is, in words. */
  title: string;
  /** Numbers in it, and how many of them were trained. */
  weights: number;
  trained: number;
  steps: readonly LoggedStep[];
  /** Steps of the whole run. */
  all: number;
  /** Why it ended before the last of them, in words. */
  ending?: string | undefined;
  /** Where the result lies. */
  result: string;
}

const HALF = 450;

export function trainingPage(report: TrainingReport): string {
  const { name, steps, all, ending, title, weights, trained } = report;
  const last = steps.at(-1);
  return htmlPage(
    `${name} · famjs train`,
    `<h1>${escaped(name)}, trained over ${ending ? `${steps.length} of ` : ''}${plural(ending ? all : steps.length, 'step')}</h1>
${ending ? `<p class="lead">It ended early: ${escaped(ending)}</p>` : ''}
<p class="lead">${escaped(title)} of ${plural(weights, 'weight')}, of which ${plural(trained, 'number')} (${percent(trained / weights, 1)} %) were
trained${last ? `; the last loss is ${last.loss.toFixed(4)} nats` : ''}. Lines of many steps are means of neighbours.</p>
${lossOf(steps)}
<div class="pair">${recallOf(steps)}${gradientsOf(steps)}</div>
${evaluations(steps)}
${famByLayer(steps)}
<h2>What was run</h2>
${facts(report)}
<h2>Settings</h2>
<pre>${escaped(stringify(report.settings))}</pre>`,
  );
}

const over = (steps: readonly LoggedStep[], of: (step: LoggedStep) => number | undefined) =>
  steps.flatMap((step): [number, number][] => {
    const value = of(step);
    return value === undefined ? [] : [[step.step, value]];
  });

const lossOf = (steps: readonly LoggedStep[]) =>
  lineChart({
    title: 'Loss of each step, and of texts that are not trained on.',
    x: 'step',
    y: 'nats a token',
    lines: [
      { name: 'trained on', points: thinned(over(steps, ({ loss }) => loss)) },
      { name: 'held out', points: over(steps, ({ evaluated }) => evaluated?.loss) },
    ],
  });

/** What was recalled in training, and of reserved keys. */
function recallOf(steps: readonly LoggedStep[]): string {
  const names = [...new Set(steps.flatMap(({ scores }) => Object.keys(scores)))];
  const fillers = [...new Set(steps.flatMap(({ evaluated }) => Object.keys(evaluated?.keys ?? {})))];
  const inPercent = (share: number | undefined) => (share === undefined ? undefined : 100 * share);
  return lineChart({
    title: 'What was predicted right in training, and reserved keys that were recalled after so many tokens.',
    x: 'step',
    y: '% right',
    width: HALF,
    range: [0, 100],
    lines: [
      ...names.map(
        (name): Line => ({
          name,
          points: thinned(over(steps, ({ scores }) => inPercent(scores[name]))),
        }),
      ),
      ...fillers.map(
        (filler): Line => ({
          name: `keys after ${short(Number(filler))}`,
          points: over(steps, ({ evaluated }) => inPercent(evaluated?.keys?.[Number(filler)])),
        }),
      ),
    ],
  });
}

const gradientsOf = (steps: readonly LoggedStep[]) =>
  lineChart({
    title: 'Norm of the gradients together, before clipping.',
    x: 'step',
    y: 'norm',
    width: HALF,
    lines: [{ name: 'norm', points: thinned(over(steps, ({ norm }) => norm)) }],
  });

function evaluations(steps: readonly LoggedStep[]): string {
  const looks = steps.filter(({ evaluated }) => evaluated);
  if (looks.length === 0) return '';
  const best = looks.reduce((a, b) => (b.evaluated!.least < a.evaluated!.least ? b : a));
  const fillers = [...new Set(looks.flatMap(({ evaluated }) => Object.keys(evaluated!.keys ?? {})))];
  const head = ['step', 'held-out loss', ...fillers.map((filler) => `keys after ${short(Number(filler))}`)];
  const rows = looks.map(({ step, evaluated }) => {
    const keys = fillers.map((filler) => evaluated!.keys?.[Number(filler)]);
    const cells = [
      evaluated!.loss?.toFixed(4) ?? '·',
      ...keys.map((share) => (share === undefined ? '·' : `${percent(share)} %`)),
    ];
    const mark = step === best.step ? ' <small>the best</small>' : '';
    return `<tr><th scope="row">${step}${mark}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const table = `<table><thead><tr>${head.map((cell) => `<th scope="col">${cell}</th>`).join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
  return `<h2>Evaluations</h2>\n<div class="wide">${table}</div>\n${lossByPosition(looks)}`;
}

const lossByPosition = (looks: readonly LoggedStep[]) =>
  lineChart({
    title: 'Held-out loss by position in the text, in eighths of what is read.',
    x: 'eighth',
    y: 'nats a token',
    lines: firstAndLast(looks).map(({ step, evaluated }) => ({
      name: `step ${step}`,
      points: (evaluated!.byPosition ?? []).map((loss, part): [number, number] => [part + 1, loss]),
    })),
  });

function famByLayer(steps: readonly LoggedStep[]): string {
  const watched = firstAndLast(steps.filter(({ fam }) => fam));
  if (watched.length === 0) return '';
  const chart = (title: string, y: string, of: (fam: WatchedFam) => Record<string, number[]>) =>
    lineChart({
      ...{ title, x: 'layer', y, width: HALF },
      lines: watched.flatMap(({ step, fam }) =>
        Object.entries(of(fam!)).map(([name, values]) => ({
          name: [name, `step ${step}`].filter(Boolean).join(', '),
          points: values.map((value, layer): [number, number] => [layer, value]),
        })),
      ),
    });
  const { step, fam } = watched.at(-1)!;
  const parts = { fam: 'FAM', memory: 'memory segments', sinks: 'sinks', own: 'its own block' };
  const attention = lineChart({
    title: `What the attention of tokens goes to, at step ${step}.`,
    ...{ x: 'layer', y: '%' },
    lines: Object.entries(parts).map(([part, name]) => ({
      name,
      points: fam!.attention[part as keyof typeof parts]
        .map((share, layer): [number, number] => [layer, 100 * share])
        .filter((_, __, all) => all.some(([, share]) => share > 0)),
    })),
  });
  return `<h2>FAM by layer</h2>
<div class="pair">${chart('Root mean square of FAM after an update.', 'size', ({ size }) => ({ '': size }))}${chart(
    "What an update changes, as a share of FAM's mean square.",
    'share',
    ({ change }) => ({ '': change }),
  )}</div>
${attention}`;
}

const firstAndLast = <Item>(items: readonly Item[]): Item[] => [
  ...new Set([...items.slice(0, 1), ...items.slice(-1)]),
];

function facts({ command, steps, model, backend, machine, famjs, result }: TrainingReport): string {
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  const tokens = steps.reduce((sum, step) => sum + step.tokens, 0);
  const peak = Math.max(0, ...steps.map(({ peakBytes = 0 }) => peakBytes));
  return factList([
    ['Command', `<code>${escaped(command)}</code>`],
    ['Model', escaped(model)],
    [
      'Steps',
      `${plural(steps.length, 'step')} of ${plural(tokens, 'token')} together, ${clock(seconds)}, ${rough(tokens / seconds)} tokens a second`,
    ],
    ['Memory', `${megabytes(peak)} of tensors at once, at most`],
    ['Backend', escaped(`${backend.name} (${backend.version}), famjs ${famjs}, Node ${machine.node}`)],
    ['Machine', escaped(machineInWords(machine))],
    ['Result', `<code>${escaped(result)}</code>`],
  ]);
}
