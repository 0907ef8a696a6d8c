/** The texts of a run: made tokens before it begins, told on the way, and held open until it has ended. */
import type { DocumentsOf } from '@famjs/tasks';
import type { BrokenLine } from '@famjs/trainer';
import { type OpenDocuments, openDocuments } from '@famjs/trainer/node';
import type { LanguageModel } from '@famjs/zoo';
import { plural } from '../format.ts';
import { loadingView } from '../open-model.ts';
import type { Live } from '../terminal/live.ts';

export interface TextsOfRun {
  /** The documents of a place, whose files are opened once. */
  documentsOf(...given: Parameters<DocumentsOf>): Promise<OpenDocuments>;
  /** Closes the files. */
  close(): Promise<void>;
}

/**
 * @param folder from where places are looked up
 * @param cache where texts are kept in tokens
 */
export function textsOfRun(
  { folder, cache }: { folder: string; cache: string },
  { tokenizer, endTokens }: LanguageModel,
  live: Live,
): TextsOfRun {
  const opened = new Map<string, Promise<OpenDocuments>>();

  const open: TextsOfRun['documentsOf'] = async (place, onBroken) => {
    const broken: string[] = [];
    const began = performance.now();
    const note = ({ source, line, why }: BrokenLine) => broken.push(`${source}:${line} (${why})`);
    const documents = await openDocuments(place, tokenizer, endTokens[0] ?? 0, {
      ...{ folder, cache },
      onBroken: onBroken === 'skip' ? note : undefined,
      onProgress: (progress) => live.show(loadingView(progress, (performance.now() - began) / 1000)),
    });
    const [told, more] = [broken.slice(0, 10).join(', '), broken.length - 10];
    if (told)
      live.say(
        `${plural(broken.length, 'broken line')} left out: ${told}${more > 0 ? ` and ${more} more` : ''}`,
      );
    return documents;
  };

  return {
    documentsOf(place, onBroken) {
      const key = `${onBroken} ${place}`;
      const documents = opened.get(key) ?? open(place, onBroken);
      opened.set(key, documents);
      return documents;
    },
    async close() {
      for (const documents of await Promise.allSettled(opened.values()))
        if (documents.status === 'fulfilled') await documents.value.close();
    },
  };
}
