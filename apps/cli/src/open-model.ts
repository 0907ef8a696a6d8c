/** The model of a command, wherever its files lie, on the backend that was asked for. */
import type { BackendName } from '@famjs/backends';
import { type LanguageModel, type LoadProgress, loadModel, type ModelOptions } from '@famjs/zoo';
import pc from 'picocolors';
import { bar, clock } from './format.ts';
import { loadChoicesOf, type ModelOptionValues } from './model-options.ts';
import { modelPlace } from './passkey/model-folder.ts';
import { startBackend } from './start-backend.ts';
import { openLive, type View } from './terminal/live.ts';

export interface OpenedModel {
  model: LanguageModel;
  backend: BackendName;
}

/**
 * Starts the backend and loads the model; a terminal sees how far it is.
 *
 * @throws BackendUnavailableError, and what `loadModel` throws
 */
export async function openModel(
  place: string,
  options: ModelOptionValues,
  signal?: AbortSignal,
): Promise<OpenedModel> {
  const backend = await startBackend(options.backend);
  return { model: await loading(options, signal, (load) => loadModel(modelPlace(place), load)), backend };
}

/** Has a model loaded as the options of a command say, wherever that is done; a terminal sees how far it is. */
export async function loading<Model>(
  options: ModelOptionValues,
  signal: AbortSignal | undefined,
  load: (options: ModelOptions) => Promise<Model>,
): Promise<Model> {
  const progress = process.stderr.isTTY ? showProgress() : undefined;
  try {
    return await load({
      ...loadChoicesOf(options),
      ...(progress && { onProgress: progress.show }),
      ...(signal && { signal }),
    });
  } finally {
    progress?.end();
  }
}

function showProgress(): { show(progress: LoadProgress): void; end(): void } {
  const live = openLive();
  const began = performance.now();
  return {
    show: (progress) => live.show(loadingView(progress, (performance.now() - began) / 1000)),
    end: live.clear,
  };
}

/** A file that is loading, with its size, and the time left at the speed so far. */
export function loadingView({ file, loaded, total }: LoadProgress, seconds: number): View {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  const line = () => {
    if (!total) return `${file} ${megabytes(loaded)} MB`;
    const left = loaded > 0 ? ` · ${clock((seconds * (total - loaded)) / loaded)} left` : '';
    return `${file} ${megabytes(loaded)} of ${megabytes(total)} MB${left}`;
  };
  return { line, frame: () => ` ${total ? `${pc.cyan(bar(loaded / total))} ` : ''}${line()}` };
}
