/** Gives the model a document: dropped, chosen or typed, read with its progress. */
import { useSignal } from '@preact/signals';
import { count, percent } from '../../format.ts';
import type { Desk } from './desk.ts';

export function Reading({ desk }: { desk: Desk }) {
  const over = useSignal(false);
  const typed = useSignal('');
  const read = async (file: File | undefined) => {
    if (file) await desk.read(file.name, await file.text());
  };
  const readTyped = async () => {
    await desk.read('your text', typed.value);
    if (!desk.failure.value) typed.value = '';
  };
  const busy = desk.busy.value !== undefined;
  const shown = desk.document.value;
  return (
    <section
      class={`panel reading${over.value ? ' over' : ''}`}
      aria-labelledby="reading-name"
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => {
        over.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        void read(event.dataTransfer?.files[0]);
      }}
    >
      <h2 id="reading-name">Text</h2>
      <div class="row">
        <label for="document">Drop a document here, or choose one</label>
        <input
          id="document"
          type="file"
          disabled={busy}
          onChange={(event) => {
            void read(event.currentTarget.files?.[0]);
            event.currentTarget.value = '';
          }}
        />
      </div>
      <label for="typed">or write</label>
      <textarea
        id="typed"
        rows={3}
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
        }}
      />
      <div class="row">
        <button type="button" class="first" disabled={busy || !typed.value} onClick={readTyped}>
          Read it
        </button>
        <button type="button" disabled={desk.busy.value !== 'reading'} onClick={desk.stop}>
          Stop
        </button>
        <p role="status" class="quiet small">
          {shown
            ? `${shown.title}: ${percent(shown.done / shown.total)} read, ${count(desk.length.value)} tokens in all`
            : `${count(desk.length.value)} tokens read`}
        </p>
      </div>
      <progress
        value={shown?.done ?? 0}
        max={shown?.total ?? 1}
        aria-label="How much of the document is read"
      />
    </section>
  );
}
