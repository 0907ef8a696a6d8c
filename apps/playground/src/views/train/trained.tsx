/** What has been trained: tested at once, taken home, or taken to the other views. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { download } from '../../download.ts';
import { keepFiles } from '../../kept-files.ts';
import { addressOf } from '../../state/url.ts';
import { zipped } from '../../zip.ts';
import type { TrainCommand } from './events.ts';
import type { TrainModel } from './model.ts';

/** The name under which the browser keeps it. */
const NAME = 'trained-here';

interface Props {
  model: TrainModel;
  ready: boolean;
  tell(command: TrainCommand): void;
}

export function Trained({ model, ready, tell }: Props) {
  const wanted = useSignal<'download' | 'keep' | undefined>(undefined);
  const kept = useSignal(false);
  const markKept = () => {
    kept.value = true;
  };
  const files = model.files.value;
  useEffect(() => {
    if (!files || !wanted.value) return;
    if (wanted.value === 'download') download(`${NAME}.zip`, zipped(files));
    else void keep(files).then(markKept);
    wanted.value = undefined;
    model.files.value = undefined;
  }, [files]);
  const give = (how: 'download' | 'keep') => {
    wanted.value = how;
    tell({ type: 'give' });
  };
  return (
    <section class="panel trained" aria-labelledby="trained-name">
      <h2 id="trained-name">What it has become</h2>
      <div class="row">
        <button type="button" disabled={!ready} onClick={() => tell({ type: 'test' })}>
          Test it now
        </button>
        <button type="button" disabled={!ready} onClick={() => give('download')}>
          Download the model
        </button>
        <button type="button" disabled={!ready} onClick={() => give('keep')}>
          Keep it in this browser
        </button>
        {kept.value && (
          <>
            <a href={addressOf('watch', { model: NAME })}>Watch it remember</a>
            <a href={addressOf('model')}>Give it your own text</a>
          </>
        )}
      </div>
      <p class="quiet small">
        The download is a folder that <code>loadModel</code> and <code>famjs eval</code> read. What a few
        minutes teach is binding a number and holding it about as long as texts in training are; to hold it
        for ever, the shipped model was trained for thousands of steps.
      </p>
    </section>
  );
}

const keep = (files: Readonly<Record<string, Uint8Array>>) =>
  keepFiles(
    NAME,
    Object.entries(files).map(([name, bytes]) => new File([bytes as BlobPart], name)),
  );
