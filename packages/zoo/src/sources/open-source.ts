/** From what a user calls a model to where its files lie. */
import { CheckpointError, ConfigError, require } from '@famjs/backends';
import { namedSource, remedies, urlPlace } from '#places';
import type { FilesInHand } from './in-hand.ts';
import { isShipped, shippedMemories, shippedModels } from './shipped-names.ts';
import type { LoadOptions, ModelSource, SourceKind } from './source.ts';

/** The name of what is shipped, a folder or a .gguf file (Node), a URL of either, owner/name of the Hub, or the files. */
export type ModelPlace = string | URL | FilesInHand;

/**
 * @param kind which of its files are wanted, where a place keeps them: those of a model, or those of a memory or an adapter
 * @throws CheckpointError when there is none of these by the name here
 * @throws ConfigError for what is no place of a model at all
 */
export async function openSource(
  from: ModelPlace,
  options: LoadOptions,
  kind: SourceKind,
): Promise<ModelSource> {
  if (from instanceof URL) return urlPlace(from, options);
  if (typeof from === 'string') {
    const url = /^[a-z][a-z+.-]+:/i.test(from) && URL.canParse(from) ? new URL(from) : undefined;
    const source = await (url ? urlPlace(url, options) : namedSource(from, options, kind));
    if (source) return source;
    throw new CheckpointError({
      wrong: `There is no ${kind === 'addition' ? 'memory or adapter' : 'model'} "${from}" here.`,
      expected:
        kind === 'addition'
          ? `a folder, a URL, files, owner/name of the Hugging Face Hub, or one of the shipped memories: ${shippedMemories.join(', ')}.`
          : `a folder, a .gguf file, a URL, files, owner/name of the Hugging Face Hub, or one of the shipped models: ${shippedModels.join(', ')}.`,
      remedy: isShipped(from) ? remedies.shipped(from) : remedies.unknown,
    });
  }
  const other = otherKind(from);
  require(other === undefined, ConfigError, () => ({
    wrong: `loadModel() got ${other}.`,
    expected: 'the name of a shipped model, a folder, a URL, or files.',
    remedy:
      other === 'a promise'
        ? 'await it first.'
        : 'pass one of these; what loadModel() gave is a model already.',
  }));
  // Pages download what reads a kind of place when they use it.
  const { inHandSource } = await import('./in-hand.ts');
  return inHandSource(from, options);
}

/** What something is that can be no place of a model; undefined for files. */
function otherKind(from: unknown): string | undefined {
  if (typeof from !== 'object' || from === null) return from === null ? 'null' : `${from}`;
  if ('then' in from) return 'a promise';
  if ('weights' in from && 'config' in from) return 'a model';
  if (ArrayBuffer.isView(from) || from instanceof ArrayBuffer) return 'the bytes of one file';
  return undefined;
}
