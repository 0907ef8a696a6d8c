/** Fetching a model of the Hub, as a terminal sees it. */
import { ConfigError, require } from '@famjs/backends/errors';
import { hubName, type PulledModel, type PullProgress, pullFromHub } from '@famjs/zoo/node';
import pc from 'picocolors';
import { bar, clock, megabytes } from '../format.ts';
import { openLive, type View } from '../terminal/live.ts';

/**
 * @throws ConfigError when it is no name of a model of the Hub
 * @throws CheckpointError, StorageError when it is not to be had, or cannot be kept
 */
export async function pullModel(name: string, signal: AbortSignal): Promise<PulledModel> {
  const hub = hubName(name);
  require(hub, ConfigError, () => ({
    wrong: `"${name}" is no name of a model of the Hub.`,
    expected: 'owner/name, owner/name@revision or owner/name/file.gguf.',
    remedy: 'correct it; famjs pull --help explains it.',
  }));
  const live = openLive();
  const speed = speedometer();
  try {
    return await pullFromHub(hub!, {
      signal,
      onProgress: (progress) => live.show(viewOf(progress, speed(progress.all.loaded))),
    });
  } finally {
    live.clear();
  }
}

/** Bytes a second since the first call; what was here before that did not come in. */
function speedometer(): (loaded: number) => number {
  let first: { loaded: number; at: number } | undefined;
  return (loaded) => {
    const at = performance.now();
    first ??= { loaded, at };
    return at > first.at ? (1000 * (loaded - first.loaded)) / (at - first.at) : 0;
  };
}

function viewOf({ file, all: { loaded, total } }: PullProgress, speed: number): View {
  const left = speed > 0 ? ` · ${megabytes(speed)}/s · ${clock((total - loaded) / speed)} left` : '';
  const line = () => `${megabytes(loaded)} of ${megabytes(total)}${left} · ${file}`;
  return { line, frame: () => ` ${pc.cyan(bar(total > 0 ? loaded / total : 1))} ${line()}` };
}
