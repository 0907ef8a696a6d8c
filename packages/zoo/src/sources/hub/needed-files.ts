/** Which files of a repository a model needs: one format of the weights, and what goes with them. */
import { CheckpointError, require } from '@famjs/backends';
import { isGguf } from '../source.ts';

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

/**
 * safetensors where there are any, else the one GGUF file.
 *
 * @param file that is meant, where one is
 * @param repo what errors call the place
 * @throws CheckpointError when there is nothing to load, or more than one thing
 */
export function neededFiles(names: readonly string[], file: string | undefined, repo: string): string[] {
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
