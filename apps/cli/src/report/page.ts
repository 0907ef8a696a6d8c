/** The PassKey report as one self-contained HTML page, for light and dark screens and for paper. */
import { clock, interval, percent, plural, short } from '../format.ts';
import { passKeyChart, strokeOf } from './chart.ts';
import { escaped, factList, htmlPage } from './html.ts';
import { machineInWords } from './machine.ts';
import type { Column, ModelReport, PassKeyReport } from './passkey-report.ts';

export function passKeyPage(report: PassKeyReport): string {
  const { models, keys } = report;
  const longest = short(report.fillers.at(-1)!);
  const title = `PassKey · ${models.map(({ name }) => name).join(', ')}`;
  return htmlPage(
    title,
    `<h1>PassKey up to ${longest} tokens</h1>
<p class="lead">A text tells a model a key of five digits, goes on with filler, and at its end asks for the key. What the
model then recalls shows how far its memory reaches: a model that sees only a window of text is down to chance once the
key has left the window, while one with a working memory can carry it on.</p>
${report.partial ? `<p class="partial"><strong>Unfinished.</strong> ${progressOf(report)}</p>` : ''}
<figure>
${legend(models)}
${passKeyChart(report)}
<figcaption>Share of ${plural(keys, 'held-out key')} recalled in full, with its 95 % interval (Wilson). A guess is right once
in 100,000 times. Models that are right equally often share a line.</figcaption>
</figure>
<h2>Every cell</h2>
<div class="wide">${table(report)}</div>
<p class="note">Large: % of keys recalled in full. Below it: the 95 % interval, and % of single digits right, of which a
guess gets 10. ${report.everyToken ? everyTokenRead : leftOut}</p>
<h2>What was run</h2>
${facts(report)}`,
  );
}

const fillerInWords: Readonly<Record<string, string>> = {
  periodic: 'the sentences of the paper in its order',
  shuffled: 'the sentences of the paper, shuffled',
};
const everyTokenRead = 'Every token of the filler was read.';

const leftOut = `Filler on which no answer depends was left out: beyond the sight of a model without FAM, and
rounds of the periodic filler after which the whole state had come back to itself. --every-token reads it all.`;

function progressOf({ models, fillers }: PassKeyReport): string {
  const done = models.reduce((sum, { columns }) => sum + columns.length, 0);
  return `${done} of ${models.length * fillers.length} cells are done; this page is written anew after each.`;
}

function legend(models: readonly ModelReport[]): string {
  const items = models.map(({ name, title, receptiveField }, index) => {
    const { stroke, strokeDasharray } = strokeOf(index);
    const line = `<path d="M1 6h34" style="stroke:${stroke}" stroke-dasharray="${strokeDasharray}" stroke-width="2.5"/>`;
    const sample = `<svg width="36" height="12" aria-hidden="true">${line}</svg>`;
    const reach =
      receptiveField === null ? 'sees back without end' : `sees ${plural(receptiveField, 'token')} back`;
    return `<li>${sample}<b>${escaped(name)}</b><span>${escaped(title)}; ${reach}</span></li>`;
  });
  return `<ul class="legend">${items.join('')}</ul>`;
}

function table({ models, fillers }: PassKeyReport): string {
  const head = fillers.map((filler) => `<th scope="col">${short(filler)}</th>`).join('');
  const rows = models.map(({ name, columns }, index) => {
    const swatch = `<i style="background:${strokeOf(index).stroke}"></i>`;
    const cells = fillers.map((_, i) => (columns[i] ? cell(columns[i]) : '<td class="open">·</td>')).join('');
    return `<tr><th scope="row">${swatch}${escaped(name)}</th>${cells}</tr>`;
  });
  return `<table><thead><tr><th scope="col">filler tokens</th>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

function cell({ exact, digits }: Column): string {
  const small = `<small>${interval(exact)}</small><small>digits ${percent(digits.share)}</small>`;
  return `<td><b>${percent(exact.share)}</b>${small}</td>`;
}

function facts(report: PassKeyReport): string {
  const { backend, machine, models } = report;
  const rows: [string, string][] = [
    ['Command', `<code>${escaped(report.command)}</code>`],
    [
      'Started',
      escaped(`${report.started.replace('T', ' ').slice(0, 16)} UTC, ${clock(report.seconds)} so far`),
    ],
    [
      'Keys',
      `${report.keys} for each cell, the same for every model, from seed ${report.seed}; no training sees them`,
    ],
    ['Filler', fillerInWords[report.filler] ?? escaped(`${report.filler}, another part of it for each key`)],
    ['Backend', escaped(`${backend.name} (${backend.version}), famjs ${report.famjs}, Node ${machine.node}`)],
    ['Machine', escaped(machineInWords(machine))],
    ...models.map((model): [string, string] => [escaped(model.name), modelFacts(model)]),
  ];
  return factList(rows);
}

function modelFacts({ title, config, parameters, fingerprint, columns }: ModelReport): string {
  const { fam, width, layers } = config;
  const shape =
    `${title}: ${plural(layers, 'layer')} of width ${width}, blocks of ${plural(fam.blockSize, 'token')}, ` +
    `${plural(parameters, 'weight')}, ${clock(columns.reduce((sum, { seconds }) => sum + seconds, 0))} of test`;
  return `${escaped(shape)}<br><small>fingerprint <code>${fingerprint}</code></small>`;
}
