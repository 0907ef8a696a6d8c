/** How text is cut before its bytes become tokens, by the name that `tokenizer.ggml.pre` has for it. */
import { CheckpointError, require } from '@famjs/backends';

/** What a name stands for in tokenizer.json. */
interface Cut {
  pre_tokenizer: object;
  normalizer: object | null;
  /** Whether a piece that is a token is one, whatever the merges say. */
  ignore_merges: boolean;
  /** Whether a text begins with BOS unless the file says otherwise. */
  addsBos: boolean;
}

const sequence = (...pretokenizers: object[]) => ({ type: 'Sequence', pretokenizers });
const isolated = (Regex: string) => ({
  type: 'Split',
  pattern: { Regex },
  behavior: 'Isolated',
  invert: false,
});
const byteLevel = (use_regex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex,
});

/** Words as GPT-4's tokenizer has them, with numbers of at most so many digits. */
const words = (digits: string) =>
  isolated(
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" +
      `\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  );

const plain = { normalizer: null, ignore_merges: false, addsBos: false };
const gpt2: Cut = { ...plain, pre_tokenizer: byteLevel(true) };
const digitByDigit: Cut = {
  ...plain,
  pre_tokenizer: sequence({ type: 'Digits', individual_digits: true }, byteLevel(true)),
};
const threeDigits: Cut = { ...plain, pre_tokenizer: sequence(words('{1,3}'), byteLevel(false)) };
const llama3: Cut = { ...threeDigits, ignore_merges: true, addsBos: true };
const qwen2: Cut = {
  ...plain,
  pre_tokenizer: sequence(words(''), byteLevel(false)),
  normalizer: { type: 'NFC' },
};
/** Mistral's: words in one case, or a capital and small letters. */
const tekken: Cut = {
  ...plain,
  pre_tokenizer: sequence(
    isolated(
      '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|' +
        '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|' +
        '\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
    ),
    byteLevel(false),
  ),
  ignore_merges: true,
  addsBos: true,
};

const cuts: Readonly<Record<string, Cut>> = {
  default: gpt2,
  'gpt-2': gpt2,
  smollm: digitByDigit,
  starcoder: digitByDigit,
  'llama-bpe': llama3,
  llama3,
  'llama-v3': llama3,
  dbrx: threeDigits,
  'smaug-bpe': threeDigits,
  qwen2,
  tekken,
};

/** @throws CheckpointError when the name is not known */
export function cutOf(name: string, source: string): Cut {
  require(Object.hasOwn(cuts, name), CheckpointError, () => ({
    wrong: `${source} cuts its text by "${name}" (tokenizer.ggml.pre).`,
    expected: `one of ${Object.keys(cuts).join(', ')}.`,
    remedy: 'load it with { tokenizer: false } and pass tokens, or use the safetensors files of the model.',
  }));
  return cuts[name]!;
}
