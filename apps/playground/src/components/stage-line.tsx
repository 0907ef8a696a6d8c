/** How far a job's start has come, in a line. */
import type { Stage } from '../worker/protocol.ts';

export function StageLine({ stage }: { stage: Stage }) {
  return (
    <p class="quiet small" role="status">
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
