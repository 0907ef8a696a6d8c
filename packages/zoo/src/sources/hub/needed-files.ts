/**
 * Which files of a repository are needed: of a model one format of the weights and what goes with them; what is added to one; or the
 * texts of a dataset.
 */
import { CheckpointError, require } from '@famjs/backends';
import { isGguf } from '../source.ts';
import type { HubName } from './name.ts';

/** What may lie beside the weights. */
export const beside = [
  'config.json',
  'fam.json',
  'fam.safetensors',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
];

/** Of a memory, an adapter, or both. */
export const added = ['fam.json', 'fam.safetensors', 'adapter_config.json', 'adapter_model.safetensors'];

/** What a file of texts or examples is called. */
export const isData = (name: string): boolean => /\.(txt|jsonl|parquet)$/i.test(name);

/**
 * safetensors where there are any, else the one GGUF file; of a repository without either, unless a model is wanted, what is to be
 * added to one.
 *
 * @throws CheckpointError when there is nothing to load, or more than one thing
 */
export function neededFiles(names: readonly string[], { file, repo, kind }: HubName): string[] {
  if (kind === 'data') {
    const texts = names.filter((name) => isData(name) && name.startsWith(file ?? '')).sort();
    require(texts.length > 0, CheckpointError, () => ({
      wrong: `There is no .txt, .jsonl or .parquet file${file === undefined ? '' : ` whose path begins with ${file}`} in the dataset ${repo}.`,
      expected: 'texts, or examples a line or a row.',
      remedy: `correct the name; it has ${names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ') || 'no files'}.`,
    }));
    return texts;
  }
  const additions = added.filter((name) => names.includes(name));
  if (kind === 'addition') {
    require(additions.length > 0, CheckpointError, () => ({
      wrong: `There is neither a memory nor an adapter in ${repo}.`,
      expected: `some of ${added.join(', ')}.`,
      remedy: 'correct the name, or look for an adapter that PEFT saved as safetensors.',
    }));
    return additions;
  }
  const ggufs = names.filter(isGguf);
  if (file !== undefined) {
    require(names.includes(file), CheckpointError, () => ({
      wrong: `There is no ${file} in ${repo}.`,
      expected:
        ggufs.length > 0 ? `one of ${ggufs.join(', ')}.` : 'a file that is there; it has no GGUF files.',
      remedy: 'correct the name.',
    }));
    return [file];
  }
  const weights = names.includes('model.safetensors')
    ? ['model.safetensors']
    : names.filter((name) => /^model(-\d+-of-\d+\.safetensors|\.safetensors\.index\.json)$/.test(name));
  if (weights.length > 0) return [...beside.filter((name) => names.includes(name)), ...weights];
  if (ggufs.length === 0 && kind === undefined && additions.length > 0) return additions;
  require(ggufs.length > 0, CheckpointError, () => ({
    wrong: `There are no weights that FAM.js reads in ${repo}.`,
    expected: 'model.safetensors, or a .gguf file.',
    remedy: 'look for the same model in one of these formats.',
  }));
  require(ggufs.length === 1, CheckpointError, () => ({
    wrong: `There are ${ggufs.length} GGUF files in ${repo}: ${ggufs.join(', ')}.`,
    expected: 'one model.',
    remedy: `name the file that you want, such as ${repo}/${ggufs[0]}.`,
  }));
  return ggufs;
}
