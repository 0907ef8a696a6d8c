/** Says what went wrong, what was expected and what to do; or that work went on elsewhere. */
import './notice.css';
import type { BackendName } from '@famjs/backends';
import { useSignal } from '@preact/signals';
import { pageOfError } from '../documentation.ts';
import type { Failure } from '../worker/protocol.ts';

type Shown = Failure & { movedFrom?: BackendName | undefined };

export function Notice({ failure }: { failure: Shown | undefined }) {
  const closed = useSignal<Failure | undefined>(undefined);
  const page = failure && pageOfError(failure);
  return (
    <div class="alert" role="alert">
      {failure && failure !== closed.value && (
        <div class="notice">
          <b>{titleOf(failure)}</b>
          <p>{failure.wrong}</p>
          {!failure.movedFrom && failure.expected && <p>Expected: {failure.expected}</p>}
          {!failure.movedFrom && failure.remedy && <p>To do: {failure.remedy}</p>}
          <div class="row">
            {page && (
              <a href={page} target="_top">
                More about this
              </a>
            )}
            <button
              type="button"
              onClick={() => {
                closed.value = failure;
              }}
            >
              Close
            </button>
          </div>
        </div>
      )}
    </div>
  );
}

function titleOf({ name, movedFrom }: Shown): string {
  if (!movedFrom) return name;
  return `${movedFrom} ${name === 'GpuError' ? 'refused its work' : 'was lost'}; the next backend goes on.`;
}
