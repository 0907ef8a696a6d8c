/** Chooses a model: a shipped one, one that this browser keeps, files of the disk, or an id of the Hub. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { pageBackends } from '../../engine/engine.ts';
import { bytes } from '../../format.ts';
import { keepFiles } from '../../kept-files.ts';
import { choiceOf, numberOf, route, setParams } from '../../state/url.ts';
import { type Choice, filesChoice, isHubId, shipped, shippedChoice } from './choices.ts';
import type { Desk } from './desk.ts';
import { allKept, type Kept } from './kept.ts';

const contexts = [512, 1024, 2048, 4096];

export function Picker({ desk }: { desk: Desk }) {
  const kept = useSignal<readonly Kept[]>([]);
  const keeps = useSignal(false);
  const { model: asked } = route.value.params;
  const hub = useSignal(asked && isHubId(asked) ? asked : '');
  const refresh = async () => {
    kept.value = await allKept().catch(() => []);
  };
  useEffect(() => void refresh(), []);

  const load = async (choice: Choice, url?: string) => {
    setParams({ model: url });
    const context = numberOf('context', 0, 1_000_000, 0);
    await desk.load({
      ...choice,
      backend: choiceOf('backend', pageBackends),
      ...(context > 0 && { context }),
    });
    await refresh();
  };
  const loadFiles = async (chosen: FileList | null) => {
    const files = [...(chosen ?? [])].filter(({ name }) => !name.startsWith('.'));
    if (files.length === 0) return;
    const choice = filesChoice(files);
    await load(choice);
    if (!keeps.value || !desk.model.value) return;
    await keepFiles(choice.name, files).catch(desk.complain);
    await refresh();
  };
  const busy = desk.busy.value !== undefined;

  return (
    <section class="panel picker" aria-labelledby="picker-name">
      <h2 id="picker-name">Model</h2>
      <div class="row">
        {shipped.map(({ name, about }) => (
          <button
            key={name}
            type="button"
            title={about}
            disabled={busy}
            aria-pressed={asked === name && desk.model.value !== undefined}
            onClick={() => load(shippedChoice(name), name)}
          >
            {name}
          </button>
        ))}
        {kept.value.map((model) => (
          <span key={model.name} class="kept">
            <button type="button" disabled={busy} onClick={() => load(model, model.url)}>
              {model.name} <span class="quiet small">{bytes(model.bytes)}, kept</span>
            </button>
            <button
              type="button"
              aria-label={`Remove ${model.name} from this browser`}
              disabled={busy}
              onClick={() => model.remove().then(refresh)}
            >
              ✕
            </button>
          </span>
        ))}
      </div>
      <div class="own-files">
        <div>
          <label for="file">A file from your disk (.gguf)</label>
          <input
            id="file"
            type="file"
            accept=".gguf"
            disabled={busy}
            onChange={(event) => loadFiles(event.currentTarget.files)}
          />
        </div>
        <div>
          <label for="folder">A folder of a model from your disk</label>
          <input
            id="folder"
            type="file"
            multiple
            {...{ webkitdirectory: true }}
            disabled={busy}
            onChange={(event) => loadFiles(event.currentTarget.files)}
          />
        </div>
        <label class="check">
          <input
            type="checkbox"
            checked={keeps.value}
            onChange={(event) => {
              keeps.value = event.currentTarget.checked;
            }}
          />
          Keep files of mine in this browser for the next visit
        </label>
      </div>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void load({ name: hub.value, place: hub.value }, hub.value);
        }}
      >
        <label for="hub">Hugging Face Hub</label>
        <input
          id="hub"
          class="hub"
          value={hub.value}
          placeholder="owner/name, or owner/name/file.gguf"
          onInput={(event) => {
            hub.value = event.currentTarget.value.trim();
          }}
        />
        <button type="submit" disabled={busy || !isHubId(hub.value)}>
          Load from the Hub
        </button>
        <span class="quiet small">The Hub is asked for nothing before that.</span>
      </form>
      <div class="row">
        <label for="backend">Backend</label>
        <select
          id="backend"
          value={choiceOf('backend', pageBackends)}
          onChange={(event) => setParams({ backend: event.currentTarget.value })}
        >
          {pageBackends.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <label for="context">What a plain model sees of the text</label>
        <select
          id="context"
          value={route.value.params.context ?? '0'}
          onChange={({ currentTarget: { value } }) =>
            setParams({ context: value === '0' ? undefined : value })
          }
        >
          <option value="0">as it was made</option>
          {contexts.map((tokens) => (
            <option key={tokens} value={tokens}>
              {tokens} tokens
            </option>
          ))}
        </select>
      </div>
    </section>
  );
}
