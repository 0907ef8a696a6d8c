/** From the vocabulary of a GGUF file to the content of tokenizer.json and tokenizer_config.json. */
import { CheckpointError, require } from '@famjs/backends';
import type { Notes } from './notes.ts';
import { cutOf } from './pre-tokenizers.ts';

/** What llama.cpp knows of a token (`tokenizer.ggml.token_type`). */
const kinds = { unknown: 2, control: 3, userDefined: 4, unused: 5 };

interface Vocabulary {
  tokens: readonly string[];
  types: readonly number[];
  /** Of the token under a key such as `bos_token_id`. */
  special(key: string): string | undefined;
}

/** What the kinds of vocabularies have each in their own way. */
interface Kind {
  model: object;
  normalizer: object | null;
  pre_tokenizer: object | null;
  decoder: object;
  /** Unless the file says otherwise. */
  addsBos: boolean;
}

/**
 * @param architecture `general.architecture`
 * @throws CheckpointError when the vocabulary is of a kind that is not known, or does not fit together
 */
export function tokenizerFromGguf(
  notes: Notes,
  architecture: string,
  source: string,
): { tokenizer: object; config: object } {
  const vocabulary = readVocabulary(notes, source);
  const name = notes.text('tokenizer.ggml.model');
  require(name !== undefined && Object.hasOwn(vocabularies, name), CheckpointError, () => ({
    wrong: `${source} has a vocabulary of the kind "${name}" (tokenizer.ggml.model).`,
    expected: `one of ${Object.keys(vocabularies).join(', ')}.`,
    remedy: 'load it with { tokenizer: false } and pass tokens, or use the safetensors files of the model.',
  }));
  const { addsBos, ...kind } = vocabularies[name as keyof typeof vocabularies](notes, vocabulary, source);
  const bos = vocabulary.special('bos_token_id');
  const eos = vocabulary.special('eos_token_id');
  const opens = notes.boolean('tokenizer.ggml.add_bos_token') ?? addsBos;
  const closes = notes.boolean('tokenizer.ggml.add_eos_token') ?? false;
  const around = [opens ? bos : undefined, closes ? eos : undefined] as const;
  const template = notes.text('tokenizer.chat_template');
  return {
    tokenizer: {
      version: '1.0',
      added_tokens: addedTokens(vocabulary, architecture),
      ...kind,
      post_processor: postProcessor(around, vocabulary.tokens),
    },
    config: {
      add_bos_token: opens,
      add_eos_token: closes,
      clean_up_tokenization_spaces: false,
      ...(bos !== undefined && { bos_token: bos }),
      ...(eos !== undefined && { eos_token: eos }),
      ...named('unk_token', vocabulary.special('unknown_token_id')),
      ...named('pad_token', vocabulary.special('padding_token_id')),
      ...named('chat_template', template),
    },
  };
}

const named = (key: string, value: string | undefined) => (value === undefined ? {} : { [key]: value });

/** Tokens that end a text or a turn, as generation_config.json lists them, and the one that begins it. */
export function generationFromGguf(notes: Notes): object {
  const number = (key: string) => notes.number(`tokenizer.ggml.${key}_token_id`);
  const ends = [number('eos'), number('eot'), number('eom')].filter((id) => id !== undefined);
  const bos = number('bos');
  return {
    ...(bos !== undefined && { bos_token_id: bos }),
    ...(ends.length > 0 && { eos_token_id: [...new Set(ends)] }),
  };
}

function readVocabulary(notes: Notes, source: string): Vocabulary {
  const tokens = notes.needed('tokenizer.ggml.tokens', notes.texts('tokenizer.ggml.tokens'));
  const types = notes.numbers('tokenizer.ggml.token_type') ?? tokens.map(() => 1);
  requireLength(types, 'token_type', tokens, source);
  return {
    tokens,
    types,
    special(key) {
      const id = notes.number(`tokenizer.ggml.${key}`);
      require(id === undefined || tokens[id] !== undefined, CheckpointError, () => ({
        wrong: `In ${source}, tokenizer.ggml.${key} is ${id}.`,
        expected: `a token below ${tokens.length}.`,
        remedy: 'fetch or convert the file again.',
      }));
      return id === undefined ? undefined : tokens[id];
    },
  };
}

function requireLength(
  list: readonly unknown[],
  what: string,
  tokens: readonly string[],
  source: string,
): void {
  require(list.length === tokens.length, CheckpointError, () => ({
    wrong: `In ${source}, tokenizer.ggml.${what} has ${list.length} entries.`,
    expected: `one for each of the ${tokens.length} tokens.`,
    remedy: 'fetch or convert the file again.',
  }));
}

/** Tokens by text. Unused ones only fill the table of embeddings, and Hugging Face has none. */
function vocab({ tokens, types }: Vocabulary): Record<string, number> {
  const used = tokens.map((token, id) => [token, id] as const).filter(([, id]) => types[id] !== kinds.unused);
  return Object.fromEntries(used);
}

const vocabularies = {
  /** Byte-level BPE. */
  gpt2(notes, vocabulary, source): Kind {
    const merges = notes.needed('tokenizer.ggml.merges', notes.texts('tokenizer.ggml.merges'));
    const { addsBos, ignore_merges, ...cut } = cutOf(notes.text('tokenizer.ggml.pre') ?? 'default', source);
    const model = { type: 'BPE', unk_token: null, byte_fallback: false, ignore_merges };
    return {
      model: { ...model, vocab: vocab(vocabulary), merges: merges.map((merge) => pairOf(merge, source)) },
      ...cut,
      decoder: { type: 'ByteLevel' },
      addsBos,
    };
  },

  /** SentencePiece's BPE: spaces are a character of their own, and bytes stand for what has no token. */
  llama(notes, vocabulary, source): Kind {
    const scores = notes.needed('tokenizer.ggml.scores', notes.numbers('tokenizer.ggml.scores'));
    requireLength(scores, 'scores', vocabulary.tokens, source);
    // Where a user's own tokens are runs of spaces, the file has them as spaces.
    const spaced = { ...vocabulary, tokens: vocabulary.tokens.map(marked) };
    const prefixed = notes.boolean('tokenizer.ggml.add_space_prefix') ?? true;
    const space = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
    const back = { type: 'Replace', pattern: { String: '▁' }, content: ' ' };
    const strip = prefixed ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : [];
    return {
      model: {
        ...{ type: 'BPE', unk_token: vocabulary.special('unknown_token_id') ?? null },
        ...{ fuse_unk: true, byte_fallback: true, ignore_merges: false },
        vocab: vocab(spaced),
        merges: mergesByScore(spaced, scores),
      },
      normalizer: prefixed
        ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, space] }
        : space,
      pre_tokenizer: null,
      decoder: { type: 'Sequence', decoders: [back, { type: 'ByteFallback' }, { type: 'Fuse' }, ...strip] },
      addsBos: true,
    };
  },
} satisfies Record<string, (notes: Notes, vocabulary: Vocabulary, source: string) => Kind>;

const marked = (token: string) => (/^ +$/.test(token) ? token.replaceAll(' ', '▁') : token);

/** The two parts of a merge, of which neither is empty; the first may be a space itself. */
function pairOf(merge: string, source: string): [string, string] {
  const at = merge.indexOf(' ', 1);
  require(at > 0 && at < merge.length - 1, CheckpointError, () => ({
    wrong: `In ${source}, the merge ${JSON.stringify(merge)} is no pair.`,
    expected: 'two parts with a space between.',
    remedy: 'fetch or convert the file again.',
  }));
  return [merge.slice(0, at), merge.slice(at + 1)];
}

/**
 * SentencePiece joins the neighbours whose token has the best score. As merges: every way to cut a token into two tokens, best
 * scores first, then longest first parts, as `transformers` converts them.
 */
function mergesByScore({ tokens, types }: Vocabulary, scores: readonly number[]): [string, string][] {
  const ids = new Map(
    tokens.map((token, id) => [token, id] as const).filter(([, id]) => types[id] !== kinds.unused),
  );
  const merges: { left: string; right: string; score: number }[] = [];
  for (const [token, id] of ids) {
    for (let cut = 1; cut < token.length; cut++) {
      const [left, right] = [token.slice(0, cut), token.slice(cut)];
      if (ids.has(left) && ids.has(right)) merges.push({ left, right, score: scores[id]! });
    }
  }
  merges.sort(
    (a, b) => b.score - a.score || b.left.length - a.left.length || b.right.length - a.right.length,
  );
  return merges.map(({ left, right }) => [left, right]);
}

function addedTokens({ tokens, types }: Vocabulary, architecture: string): object[] {
  const added = tokens.map((content, id) => ({ content, id, type: types[id] }));
  const isSpecial = (type: number | undefined) => type === kinds.control || type === kinds.unknown;
  return added
    .filter(({ type }) => isSpecial(type) || type === kinds.userDefined)
    .map(({ content, id, type }) => ({
      id,
      content: marked(content),
      ...{ single_word: false, lstrip: false, normalized: false, special: isSpecial(type) },
      // Phi-3's own tokens swallow the spaces after them; the file does not say so, and llama.cpp knows it by heart.
      rstrip: architecture === 'phi3' && !/^<(unk|s|\|endoftext\|)>$/.test(content),
    }));
}

/** Puts BOS before a text and EOS behind it, where the vocabulary does. */
function postProcessor(
  [bos, eos]: readonly [string | undefined, string | undefined],
  tokens: readonly string[],
): object | null {
  if (bos === undefined && eos === undefined) return null;
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const text = { Sequence: { id: 'A', type_id: 0 } };
  const ids = [bos, eos].filter((token) => token !== undefined);
  const single = [
    ...(bos === undefined ? [] : [special(bos)]),
    text,
    ...(eos === undefined ? [] : [special(eos)]),
  ];
  return {
    type: 'TemplateProcessing',
    ...{ single, pair: [...single, { Sequence: { id: 'B', type_id: 1 } }] },
    special_tokens: Object.fromEntries(
      ids.map((id) => [id, { id, ids: [tokens.indexOf(id)], tokens: [id] }]),
    ),
  };
}
