/** Takes the memory along: saved to a file, restored here, in another tab or in Node. */
import { useId } from 'preact/hooks';
import { download } from '../../download.ts';
import { bytes, count } from '../../format.ts';
import type { Desk } from './desk.ts';

export function Memory({ desk }: { desk: Desk }) {
  const id = useId();
  const busy = desk.busy.value !== undefined;
  const name = `${desk.name.value.replaceAll(/[^\w.-]+/g, '-')}.session`;
  const save = async () => {
    const saved = await desk.save();
    if (saved) download(name, saved);
  };
  return (
    <section class="panel memory" aria-labelledby={`${id}-name`}>
      <h2 id={`${id}-name`}>Memory</h2>
      <p>
        {count(desk.length.value)} tokens are in <b>{bytes(desk.stateBytes.value)}</b>. It goes up and down
        with the open block, within bounds that do not depend on the text.
      </p>
      <div class="row">
        <button type="button" disabled={busy} onClick={save}>
          Save to a file
        </button>
        <button type="button" disabled={busy} onClick={desk.forgetText}>
          Forget everything
        </button>
        <label for={`${id}-file`}>Restore</label>
        <input
          id={`${id}-file`}
          type="file"
          disabled={busy}
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            if (file) void desk.restore(file);
            event.currentTarget.value = '';
          }}
        />
      </div>
      <p class="quiet small">
        The file goes on in any tab with the same model, and in Node:{' '}
        <code>model.restore(await readBytes('{name}'))</code>
      </p>
    </section>
  );
}
