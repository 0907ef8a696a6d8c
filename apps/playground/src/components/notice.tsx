/** Says what went wrong, what was expected and what to do; or that work went on elsewhere. */
import './notice.css';
import type { BackendName } from '@famjs/backends';
import type { Failure } from '../worker/protocol.ts';

export function Notice({
  failure,
}: {
  failure: (Failure & { movedFrom?: BackendName | undefined }) | undefined;
}) {
  return (
    <div role="alert">
      {failure && (
        <div class="notice">
          <b>
            {failure.movedFrom ? `${failure.movedFrom} was lost; the next backend goes on.` : failure.name}
          </b>
          <p>{failure.wrong}</p>
          {!failure.movedFrom && failure.expected && <p>Expected: {failure.expected}</p>}
          {!failure.movedFrom && failure.remedy && <p>To do: {failure.remedy}</p>}
        </div>
      )}
    </div>
  );
}
