/** Train it here: a small Transformer learns, in this page, to remember a number. */
import './train.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { Notice } from '../../components/notice.tsx';
import { StageLine } from '../../components/stage-line.tsx';
import { Part, Term } from '../../components/term.tsx';
import { pageBackends, type Running, runJob } from '../../engine/engine.ts';
import { choiceOf, route, setParams } from '../../state/url.ts';
import { LossChart, RecallChart } from './charts.tsx';
import { choicesOf } from './choices.ts';
import { Controls } from './controls.tsx';
import { forgetTraining } from './keeping.ts';
import { trainModel } from './model.ts';
import { Numbers } from './numbers.tsx';
import { Settings } from './settings.tsx';
import { Trained } from './trained.tsx';

/** Choices that change begin another training. */
const beginningOf = () => `${JSON.stringify(choicesOf())} ${choiceOf('backend', pageBackends)}`;

export function TrainView() {
  const again = useSignal(0);
  const reset = async () => {
    setParams({ plays: undefined });
    await forgetTraining();
    again.value++;
  };
  // Read here, so that a change of the URL shows.
  void route.value;
  return (
    <div class="view train">
      <Training key={`${beginningOf()} ${again.value}`} reset={reset} />
      <Settings />
    </div>
  );
}

function Training({ reset }: { reset(): Promise<void> }) {
  const model = useMemo(trainModel, []);
  const run = useSignal<Running<'train'> | undefined>(undefined);
  const plays = route.value.params.plays === '1';
  useEffect(() => {
    const input = { choices: choicesOf(), plays };
    const started = runJob('train', input, choiceOf('backend', pageBackends), model.take);
    run.value = started;
    return started.leave;
  }, []);
  const stage = run.value?.stage.value ?? { name: 'checking' };
  const ready = stage.name === 'ready' && model.opened.value;
  const ended = model.ended.value;

  return (
    <>
      <div class="title">
        <h1>Train it here</h1>
        <p>
          Two layers, a hundred thousand weights, from random numbers. It reads short texts in which a number
          is told, and is asked for it a block later. All that gets there is FAM,{' '}
          <Term of="choices">as large as you choose</Term>. While it learns you see{' '}
          <Term of="loss">how wrong its answers are</Term> and{' '}
          <Term of="recall">how far back it remembers</Term>.
        </p>
      </div>
      <Notice failure={run.value?.failure.value} />
      <Controls
        ready={ready && !ended}
        plays={plays && !ended}
        onPlay={(next) => {
          setParams({ plays: next ? '1' : undefined });
          run.value?.tell({ type: next ? 'play' : 'pause' });
        }}
        onStep={() => {
          setParams({ plays: undefined });
          run.value?.tell({ type: 'step' });
        }}
        onReset={reset}
      />
      <Numbers model={model} />
      <StageLine stage={stage} />
      <div class="pair">
        <Part of="loss">
          <LossChart model={model} />
        </Part>
        <Part of="recall">
          <RecallChart model={model} />
        </Part>
      </div>
      <Trained model={model} ready={ready} tell={(command) => run.value?.tell(command)} />
    </>
  );
}
