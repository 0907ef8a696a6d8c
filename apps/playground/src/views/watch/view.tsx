/** Watch memory work: two models read the same texts, and are asked for what was said at the beginning. */
import './watch.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Figures } from '../../components/figures.tsx';
import { Notice } from '../../components/notice.tsx';
import { StageLine } from '../../components/stage-line.tsx';
import { Part, Term } from '../../components/term.tsx';
import { pageBackends, type Running, runJob } from '../../engine/engine.ts';
import { count, rough } from '../../format.ts';
import { prefersStill } from '../../state/motion.ts';
import { drawSeed } from '../../state/seed.ts';
import { choiceOf, numberOf, route, setParams } from '../../state/url.ts';
import { AnswerCard } from './answer-card.tsx';
import { Controls, KeyField } from './controls.tsx';
import { actsOf, paramOf } from './deeds.ts';
import {
  contestants,
  type DoneToFam,
  fillers,
  type Tick,
  type WatchCommand,
  type WatchInput,
} from './events.ts';
import { type WatchModel, watchModel } from './model.ts';
import { acts, type Scene, sceneNames, scenes } from './presets.ts';
import { RecallChart } from './recall-chart.tsx';
import { Ribbon } from './ribbon.tsx';

const firstSeed = drawSeed();
const seedOf = () => numberOf('seed', 0, 2 ** 31, firstSeed);

/** What the job is given, by the URL. */
function inputOf(): WatchInput {
  const { key } = route.value.params;
  const scene = choiceOf('scene', sceneNames);
  return {
    base: document.baseURI,
    own: route.value.params.model,
    key: key && /^\d{5}$/.test(key) ? key : undefined,
    seed: seedOf(),
    filler: choiceOf('filler', fillers),
    acts: [...acts[scene], ...actsOf(route.value.params.deeds)].sort((one, other) => one.after - other.after),
    paused: prefersStill(),
  };
}

/** A change of these begins anew; what is done meanwhile changes none of them. */
const beginningOf = ({ key, filler, scene, backend, model }: Readonly<Record<string, string>>) =>
  [key, filler, scene, backend, model, seedOf()].join(' ');

export function WatchView() {
  const again = useSignal(0);
  const begin = (changes: Record<string, string | number | undefined>) => {
    setParams({ seed: seedOf(), ...changes });
    again.value++;
  };
  const { deeds } = route.value.params;
  /** As the address has them, and as it had them when the reading began: between the two lies what was done by hand. */
  const [known, begun] = [useRef(deeds), useRef(deeds)];
  if (deeds !== known.current) known.current = begun.current = deeds;
  const note = ({ deed, tokens }: DoneToFam) => {
    known.current = paramOf([...actsOf(route.value.params.deeds), { deed, after: tokens }]);
    setParams({ deeds: known.current });
  };
  const beginning = `${beginningOf(route.value.params)} ${begun.current} ${again.value}`;
  const model = useMemo(watchModel, [beginning]);
  return (
    <div class="view watch">
      <Watching key={beginning} model={model} onDeed={note} />
      {/* The same ones at every beginning, so that who chooses keeps their place. */}
      <Scenes begin={begin} keyOf={model.opened.value?.keys[0] ?? ''} />
    </div>
  );
}

function Watching({ model, onDeed }: { model: WatchModel; onDeed(done: DoneToFam): void }) {
  const run = useSignal<Running<'watch'> | undefined>(undefined);
  const playing = useSignal(!prefersStill());
  useEffect(() => {
    const input = inputOf();
    const started = runJob('watch', input, choiceOf('backend', pageBackends), (event) => {
      model.take(event);
      if (event.type === 'done-to-fam' && event.byHand) onDeed(event);
    });
    run.value = started;
    setParams({ seed: input.seed });
    return started.leave;
  }, []);

  const stage = run.value?.stage.value ?? { name: 'checking' };
  const tell = (command: WatchCommand) => run.value?.tell(command);
  const play = (plays: boolean) => {
    playing.value = plays;
    tell({ type: plays ? 'play' : 'pause' });
  };
  const keys = model.opened.value?.keys ?? [];
  return (
    <>
      <div class="title">
        <h1>A number, told once, a hundred thousand words ago</h1>
        <p>
          Two small Transformers read <Term of="text">the same endless text</Term>.{' '}
          <Term of="fam">One has feedback attention memory</Term> (FAM), eight activations a layer that each
          block hands to the next. <Term of="bswa">The other only sees the last blocks</Term>. Both are asked
          for the number again and again.
        </p>
      </div>
      <Notice failure={run.value?.failure.value} />
      <Part of="text">
        <Ribbon opened={model.opened.value} tick={model.tick.value} />
      </Part>
      <Controls
        playing={playing.value}
        frozen={model.frozen.value}
        onPlay={play}
        tell={tell}
        ready={stage.name === 'ready'}
      />
      <div class="pair">
        {contestants.map((contestant) => (
          <Part key={contestant} of={contestant}>
            <AnswerCard
              contestant={contestant}
              arrived={model.arrived.value.includes(contestant)}
              asked={model.asked.value[contestant]}
              keys={keys}
              told={model.told.value}
              held={model.tick.value?.bytes[contestant]}
            />
          </Part>
        ))}
      </div>
      <Numbers tick={model.tick.value} texts={keys.length} />
      <StageLine stage={stage} wanted={choiceOf('backend', pageBackends)} />
      <RecallChart model={model} />
    </>
  );
}

function Numbers({ tick, texts }: { tick: Tick | undefined; texts: number }) {
  const change = tick?.change;
  return (
    <section class="panel" aria-label="Numbers">
      <Figures
        figures={[
          {
            name: 'Tokens read',
            value: count((tick?.tokens ?? 0) * texts),
            note: `${count(tick?.tokens ?? 0)} of each of ${texts} texts`,
          },
          { name: 'Tokens a second', value: tick ? rough(tick.speed) : '–', note: 'both models together' },
          {
            name: 'FAM’s change',
            value: change === undefined ? '–' : change === 0 ? 'none' : `${change.toPrecision(2)}`,
            note: 'of its own size, since the last look',
          },
        ]}
      />
    </section>
  );
}

function Scenes({
  begin,
  keyOf,
}: {
  begin(changes: Record<string, string | number | undefined>): void;
  keyOf: string;
}) {
  const { params } = route.value;
  const isShown = (scene: Scene) =>
    (scene.params.scene ?? 'none') === (params.scene ?? 'none') &&
    (scene.params.filler ?? 'periodic') === (params.filler ?? 'periodic');
  const shown = scenes.find(isShown);
  return (
    <section class="panel scenes" aria-labelledby="scenes-name" data-tour="scenes">
      <h2 id="scenes-name">Scenes</h2>
      <div class="row">
        {scenes.map((scene) => (
          <button
            type="button"
            key={scene.name}
            aria-pressed={scene === shown}
            onClick={() =>
              begin({ scene: scene.params.scene, filler: scene.params.filler, deeds: undefined })
            }
          >
            {scene.name}
          </button>
        ))}
      </div>
      <p class="look">{shown?.look}</p>
      <KeyField
        value={keyOf}
        onKey={(key) => begin({ key, deeds: undefined, ...(key === undefined && { seed: drawSeed() }) })}
      />
      <div class="row">
        <label for="backend">Backend</label>
        <select
          id="backend"
          value={choiceOf('backend', pageBackends)}
          onChange={(event) => begin({ backend: event.currentTarget.value })}
        >
          {pageBackends.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </div>
    </section>
  );
}
