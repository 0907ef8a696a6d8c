/** See inside: block by block, who attends to what, what FAM becomes, and which of it carries which digit. */
import './inside.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { Notice } from '../../components/notice.tsx';
import { StageLine } from '../../components/stage-line.tsx';
import { Part, Term } from '../../components/term.tsx';
import { pageBackends, type Running, runJob } from '../../engine/engine.ts';
import { drawSeed } from '../../state/seed.ts';
import { choiceOf, numberOf, route, setParams } from '../../state/url.ts';
import { KeyField } from '../watch/controls.tsx';
import { fillers } from '../watch/events.ts';
import { AblationGrid } from './ablation-grid.tsx';
import { ChangeCharts } from './change-charts.tsx';
import { Diagram } from './diagram.tsx';
import { HeatMap } from './heat-map.tsx';
import { heatOf, type InsideModel, insideModel, shareOfFam } from './model.ts';
import { PathPlot } from './path-plot.tsx';
import { Scrubber } from './scrubber.tsx';

const firstSeed = drawSeed();
const seedOf = () => numberOf('seed', 0, 2 ** 31, firstSeed);
const blocksOf = () => numberOf('blocks', 2, 128, 32);

export function InsideView() {
  const { key, filler, backend } = route.value.params;
  const beginning = [key, seedOf(), blocksOf(), filler, backend].join(' ');
  const model = useMemo(insideModel, [beginning]);
  return (
    <div class="view inside">
      <Inside key={beginning} model={model} />
      {/* The same ones for every text, so that who chooses keeps their place. */}
      <section class="panel another" aria-label="Another text">
        <KeyField
          value={model.opened.value?.keys[0] ?? ''}
          onKey={(key) => setParams(key === undefined ? { key, seed: drawSeed() } : { key })}
        />
        <div class="row">
          <label for="blocks">Blocks to read</label>
          <input
            id="blocks"
            type="number"
            min={2}
            max={128}
            value={blocksOf()}
            onChange={(event) => setParams({ blocks: event.currentTarget.value })}
          />
        </div>
      </section>
    </div>
  );
}

function Inside({ model }: { model: InsideModel }) {
  const run = useSignal<Running<'inside'> | undefined>(undefined);
  useEffect(() => {
    const { key } = route.value.params;
    const input = {
      ...{ base: document.baseURI, key: key && /^\d{5}$/.test(key) ? key : undefined },
      ...{ seed: seedOf(), blocks: blocksOf(), filler: choiceOf('filler', fillers) },
    };
    setParams({ seed: input.seed });
    const started = runJob('inside', input, choiceOf('backend', pageBackends), model.take);
    run.value = started;
    return started.leave;
  }, []);

  const stage = run.value?.stage.value ?? { name: 'checking' };
  const { opened, blocks } = model;
  const total = opened.value?.blocks ?? blocksOf();
  const last = Math.max(0, blocks.value.length - 1);
  const block = Math.min(numberOf('block', 1, total, 1) - 1, last);
  const keys = opened.value?.keys ?? [];
  useEffect(() => {
    // An answer for a block that is asked about once all are read.
    if (model.paths.value && !model.ablations.value[block]) run.value?.tell({ type: 'ablate', block });
  }, [block, model.paths.value]);

  return (
    <>
      <div class="title">
        <h1>Inside one block of text</h1>
        <p>
          The model reads 64 tokens at a time. The tokens of a block{' '}
          <Term of="attention">see themselves and FAM</Term>, eight activations a layer; FAM’s own queries see
          the block and FAM, and become <Term of="loop">the FAM of the next block</Term>. That is the whole
          loop.
        </p>
      </div>
      <Notice failure={run.value?.failure.value} />
      <Scrubber
        block={block}
        read={blocks.value.length}
        total={total}
        playing={route.value.params.plays === '1'}
        onBlock={(next) => setParams({ block: next + 1 })}
        onPlay={(plays) => setParams({ plays: plays ? '1' : undefined })}
      />
      <Looked model={model} block={block} />
      <section class="panel carries" data-tour="carries" aria-labelledby="carries-name">
        <h2 id="carries-name">Which activation carries which digit</h2>
        <p class="small quiet">
          Each activation of FAM after this block is put back to its mean over 24 other keys, one at a time,
          and the key is asked for.
        </p>
        <AblationGrid
          ablation={model.ablations.value[block]}
          keyDigits={keys[0] ?? ''}
          chosen={route.value.params.without}
          onChoose={(without) => setParams({ without })}
        />
      </section>
      <ChangeCharts blocks={blocks.value} total={total} />
      <section class="panel" aria-labelledby="path-name">
        <h2 id="path-name">Where FAM goes, and where other keys rest</h2>
        <p class="small quiet">
          All activations of both layers, along the two directions in which the resting points of 25 keys
          differ most.
        </p>
        <PathPlot paths={model.paths.value} keys={keys} block={block} />
      </section>
      <StageLine stage={stage} wanted={choiceOf('backend', pageBackends)} />
    </>
  );
}

/** The block that is looked at: its words, its answer, the diagram, the heat map. */
function Looked({ model, block }: { model: InsideModel; block: number }) {
  const traced = model.blocks.value[block];
  const { blockSize: C = 64, famLength: F = 8, layers = 2, keys = [] } = model.opened.value ?? {};
  const heads = model.heads.value;
  const layer = numberOf('layer', 1, layers, 1) - 1;
  const head = choiceOf('head', ['mean', ...Array.from({ length: heads }, (_, h) => String(h + 1))]);
  const size = C + F;
  const heat = useMemo(
    () =>
      traced
        ? heatOf(traced.layers[layer]!, size, heads, head === 'mean' ? 'mean' : Number(head) - 1)
        : new Float32Array(size * size),
    [traced, layer, head, heads],
  );
  const words = traced?.words ?? Array<string>(C).fill('');
  return (
    <div class="looked">
      <section class="panel" aria-labelledby="block-name">
        <h2 id="block-name">Block {block + 1}</h2>
        <Part of="loop">
          <Diagram
            block={block}
            reads={traced && shareOfFam(heat, size, F, 0, C)}
            keeps={traced && shareOfFam(heat, size, F, C, size)}
          />
        </Part>
        <p class="words" lang="en">
          {words.join(' ')}
        </p>
        <p class="answered">
          Asked here, it answers <b class="digits">{traced?.answer ?? '·····'}</b>
          <span class="quiet">
            {' '}
            The key is <span class="digits">{keys[0] ?? '·····'}</span>.
          </span>
        </p>
      </section>
      <section class="panel" aria-labelledby="heat-name">
        <div class="heat-head">
          <h2 id="heat-name">Attention</h2>
          <div class="row">
            <label for="layer">Layer</label>
            <select
              id="layer"
              value={layer + 1}
              onChange={(event) => setParams({ layer: event.currentTarget.value })}
            >
              {Array.from({ length: layers }, (_, l) => (
                <option key={l}>{l + 1}</option>
              ))}
            </select>
            <label for="head">Head</label>
            <select
              id="head"
              value={head}
              onChange={(event) => setParams({ head: event.currentTarget.value })}
            >
              <option>mean</option>
              {Array.from({ length: heads }, (_, h) => (
                <option key={h}>{h + 1}</option>
              ))}
            </select>
          </div>
        </div>
        <p class="small quiet">
          Left of the line FAM as keys, right of it the block. Below the line FAM’s queries.
        </p>
        <Part of="attention">
          <HeatMap
            {...{ heat, size, F, words }}
            chosen={route.value.params.cell}
            onChoose={(cell) => setParams({ cell })}
          />
        </Part>
      </section>
    </div>
  );
}
