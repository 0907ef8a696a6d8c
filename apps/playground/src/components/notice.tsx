/** Says what went wrong, what was expected and what to do; or that work went on elsewhere. */
import './notice.css';
import type { BackendName } from '@famjs/backends';
import { useSignal } from '@preact/signals';
import type { Failure } from '../worker/protocol.ts';

export function Notice({
  failure,
}: {
  failure: (Failure & { movedFrom?: BackendName | undefined }) | undefined;
}) {
  const closed = useSignal<Failure | undefined>(undefined);
  return (
    <div class="alert" role="alert">
      {failure && failure !== closed.value && (
        <div class="notice">
          <b>
            {failure.movedFrom ? `${failure.movedFrom} was lost; the next backend goes on.` : failure.name}
          </b>
          <p>{failure.wrong}</p>
          {!failure.movedFrom && failure.expected && <p>Expected: {failure.expected}</p>}
          {!failure.movedFrom && failure.remedy && <p>To do: {failure.remedy}</p>}
          <button
            type="button"
            onClick={() => {
              closed.value = failure;
            }}
          >
            Close
          </button>
        </div>
      )}
    </div>
  );
}
