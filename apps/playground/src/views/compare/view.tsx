/** Compare backends: do all of them compute the same on this device, and how quick is each? */
import './compare.css';
import type { BackendName } from '@famjs/backends';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Notice } from '../../components/notice.tsx';
import { Term } from '../../components/term.tsx';
import { download } from '../../download.ts';
import { type Running, runJob } from '../../engine/engine.ts';
import type { Row } from './events.ts';
import { reportOf } from './report.ts';
import { ParityTable } from './table.tsx';

/** The reference first: plain loops. */
const measured: readonly BackendName[] = ['cpu', 'wasm', 'webgl', 'webgpu'];

export function CompareView() {
  const run = useSignal<Running<'compare'> | undefined>(undefined);
  const rows = useSignal<readonly Row[]>([]);
  const now = useSignal('');
  const copied = useSignal('');
  useEffect(() => () => run.value?.leave(), []);

  const done = rows.value.length === measured.length;
  const failure = run.value?.failure.value;
  const busy = run.value !== undefined && !done && !failure;
  const start = () => {
    run.value?.leave();
    rows.value = [];
    copied.value = '';
    run.value = runJob('compare', { base: document.baseURI, backends: measured }, 'wasm', (event) => {
      if (event.type === 'row') rows.value = [...rows.value, event.row];
      else now.value = `${event.backend}: ${event.what} …`;
    });
  };
  const copy = async () => {
    await navigator.clipboard.writeText(reportOf(rows.value));
    copied.value = 'Copied.';
  };
  const save = () => download('famjs-backends.json', new TextEncoder().encode(reportOf(rows.value)));
  return (
    <div class="view compare">
      <div class="title">
        <h1>The same answer everywhere</h1>
        <p>
          One model reads the same tokens on each backend of this browser: all at once, a block at a time, and
          token by token over the border of two blocks.{' '}
          <Term of="differences">All numbers must agree with plain loops</Term> on the processor, but for
          rounding. Nothing leaves this page.
        </p>
      </div>
      <Notice failure={failure} />
      <div class="row">
        <button type="button" class="first" onClick={start} disabled={busy}>
          Measure this device
        </button>
        <button type="button" onClick={copy} disabled={!done}>
          Copy as JSON
        </button>
        <button type="button" onClick={save} disabled={!done}>
          Save as JSON
        </button>
        <span class="quiet small" role="status">
          {copied.value ||
            (busy ? now.value : done ? 'Done.' : 'Takes some seconds on a GPU, longer without.')}
        </span>
      </div>
      <p class="small quiet">
        Differences are the largest of any number, relative to the largest magnitude, of the worst of three
        schedules: scan, block and step. <code>famjs parity</code> measures the same in Node.{' '}
        <Term of="speeds">Speeds are of one text</Term>, each measured for at least 0.4 s after a call that
        warms up; small models are bound by the cost of a call.
      </p>
      <section class="panel" aria-label="Results">
        <ParityTable rows={rows.value} />
        {rows.value.length === 0 && (
          <p class="quiet waiting">The table fills as backends are measured: {measured.join(', ')}.</p>
        )}
      </section>
    </div>
  );
}
