/** How a model arrives: its files with their sizes, the time left, and what it is once it is here. */
import type { BackendName } from '@famjs/backends';
import { Figures } from '../../components/figures.tsx';
import { pageBackends } from '../../engine/engine.ts';
import { bytes, count } from '../../format.ts';
import { choiceOf } from '../../state/url.ts';
import { secondsLeft } from './arrivals.ts';
import type { Desk } from './desk.ts';

export function Arriving({ desk }: { desk: Desk }) {
  const arrivals = desk.arrivals.value;
  const loading = desk.busy.value === 'loading';
  const model = desk.model.value;
  if (!loading && !model) return null;
  const left = secondsLeft(arrivals);
  return (
    <section class="panel" aria-label="The model">
      {loading && (
        <div class="arriving">
          <div class="row">
            <button type="button" onClick={desk.stop}>
              Stop
            </button>
            <p role="status">
              {arrivals.length === 0 ? 'Starting a worker …' : 'Loading'}
              {left !== undefined && `, about ${Math.max(1, Math.round(left))} s left`}
            </p>
          </div>
          <ul>
            {arrivals.map(({ file, loaded, total }) => (
              <li key={file}>
                <span>{file}</span>
                <progress value={loaded} max={total ?? 1} aria-label={`How much of ${file} is here`} />
                <span class="quiet small">
                  {bytes(loaded)}
                  {total !== undefined && ` of ${bytes(total)}`}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {model && (
        <Figures
          figures={[
            { name: 'Model', value: desk.name.value, note: familyOf(model.config) },
            { name: 'Files', value: bytes(arrivals.reduce((sum, { loaded }) => sum + loaded, 0)) },
            {
              name: 'Blocks',
              value: `${count(model.config.fam.blockSize)} tokens`,
              note: `${model.config.fam.memorySegments} before the open one stay visible`,
            },
            {
              name: 'FAM',
              value: model.config.fam.famLength > 0 ? `${model.config.fam.famLength} a layer` : 'none',
              note: model.untrained ? 'nobody trained it' : undefined,
            },
            { name: 'Runs on', value: model.backend.name, note: runsOn(model.backend) },
          ]}
        />
      )}
    </section>
  );
}

/** The device, and that it is not the one that was asked for where it is not. */
function runsOn({ name, device }: { name: BackendName; device: string }): string {
  const wanted = choiceOf('backend', pageBackends);
  return name === wanted ? device : `${device}; not on ${wanted}`;
}

const familyOf = ({ layers, width }: { layers: number; width: number }) =>
  `${layers} layers of width ${width}`;
