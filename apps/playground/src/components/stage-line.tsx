/** How far a job's start has come, in a line. */
import type { BackendName } from '@famjs/backends';
import type { Stage } from '../worker/protocol.ts';

interface Props {
  stage: Stage;
  /** The backend that was asked for. */
  wanted?: BackendName;
}

export function StageLine({ stage, wanted }: Props) {
  const other = wanted && stage.name === 'ready' && stage.backend.name !== wanted;
  return (
    <p class="quiet small" role="status">
      {other && `${wanted} does not run here. `}
      {textOf(stage)}
    </p>
  );
}

function textOf(stage: Stage): string {
  switch (stage.name) {
    case 'checking':
      return 'Starting a backend …';
    case 'loading': {
      const share = stage.total ? ` ${Math.round((100 * stage.loaded) / stage.total)} %` : '';
      return `Loading ${stage.file}${share}`;
    }
    case 'warming':
      return 'Warming up …';
    case 'ready': {
      const { name, device, emulated } = stage.backend;
      return `Running on ${name} (${device}${emulated ? ', a program in place of a GPU' : ''})`;
    }
  }
}
