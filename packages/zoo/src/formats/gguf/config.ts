/** From the notes of a GGUF file to what Hugging Face's config.json says of the same model. */
import { ConfigError, require } from '@famjs/backends';
import type { GgufTensor } from './header.ts';
import type { Notes } from './notes.ts';

type Tensors = ReadonlyMap<string, GgufTensor>;
/** Notes of the architecture, whose keys begin with its name, and what all of them have. */
interface Facts {
  number(key: string): number | undefined;
  needed(key: string): number;
  common: Record<string, unknown>;
  tensors: Tensors;
}

/** What an architecture of GGUF is called in config.json, and what it has beyond the others. */
const architectures: Readonly<Record<string, (facts: Facts) => Record<string, unknown>>> = {
  llama(facts) {
    const window = facts.number('attention.sliding_window');
    const bias = {
      attention_bias: facts.tensors.has('blk.0.attn_q.bias'),
      mlp_bias: facts.tensors.has('blk.0.ffn_up.bias'),
    };
    return window ? { model_type: 'mistral', sliding_window: window } : { model_type: 'llama', ...bias };
  },
  qwen2: () => ({ model_type: 'qwen2', use_sliding_window: false }),
  qwen3: () => ({ model_type: 'qwen3', use_sliding_window: false, attention_bias: false }),
  gemma3(facts) {
    const layers = facts.needed('block_count');
    const headWidth = facts.needed('attention.key_length');
    // The 27B alone scales its scores by the width of the model, which no note says.
    const scaled =
      layers === 62 ? facts.needed('embedding_length') / facts.needed('attention.head_count') : headWidth;
    return {
      model_type: 'gemma3_text',
      hidden_activation: 'gelu_pytorch_tanh',
      query_pre_attn_scalar: scaled,
      sliding_window: facts.needed('attention.sliding_window'),
      sliding_window_pattern: facts.number('attention.sliding_window_pattern') ?? 6,
      rope_local_base_freq: facts.number('rope.freq_base_swa') ?? 10_000,
      rope_theta: facts.number('rope.freq_base') ?? 1_000_000,
      attention_bias: false,
    };
  },
  phi3(facts) {
    const width = facts.needed('embedding_length') / facts.needed('attention.head_count');
    return {
      model_type: 'phi3',
      sliding_window: facts.number('attention.sliding_window') || null,
      partial_rotary_factor: (facts.number('rope.dimension_count') ?? width) / width,
      original_max_position_embeddings: facts.number('rope.scaling.original_context_length'),
    };
  },
};

/**
 * @param ropeFactors numbers of the tensor `rope_freqs.weight`, by which Llama 3.1 and later divide their frequencies
 * @throws ConfigError when the architecture is none of those that FAM.js reads from GGUF
 * @throws CheckpointError when notes are missing or of another type
 */
export function configFromGguf(
  notes: Notes,
  tensors: Tensors,
  ropeFactors: Float32Array | undefined,
  source: string,
): Record<string, unknown> {
  const architecture = notes.needed('general.architecture', notes.text('general.architecture'));
  require(Object.hasOwn(architectures, architecture), ConfigError, () => ({
    wrong: `${source} holds a model of the architecture "${architecture}".`,
    expected: `one of ${Object.keys(architectures).join(', ')}.`,
    remedy: 'use a model of a family that FAM.js reads from GGUF.',
  }));
  const number = (key: string) => notes.number(`${architecture}.${key}`);
  const needed = (key: string) => notes.needed(`${architecture}.${key}`, number(key));
  require(!number('expert_count'), ConfigError, () => ({
    wrong: `${source} holds a mixture of ${number('expert_count')} experts.`,
    expected: 'a dense model.',
    remedy: 'use a model without experts.',
  }));
  const heads = needed('attention.head_count');
  const embedding = tensors.get('token_embd.weight');
  const common = {
    hidden_act: 'silu',
    hidden_size: needed('embedding_length'),
    intermediate_size: needed('feed_forward_length'),
    num_hidden_layers: needed('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: number('attention.head_count_kv') ?? heads,
    head_dim: number('attention.key_length') ?? needed('embedding_length') / heads,
    rms_norm_eps: rounded(needed('attention.layer_norm_rms_epsilon')),
    max_position_embeddings: needed('context_length'),
    vocab_size: embedding?.shape[0] ?? needed('vocab_size'),
    tie_word_embeddings: !tensors.has('output.weight'),
    rope_theta: number('rope.freq_base') ?? 10_000,
    rope_scaling: ropeScaling(notes, architecture, tensors, ropeFactors, source),
  };
  return { ...common, ...architectures[architecture]!({ number, needed, common, tensors }) };
}

/** The decimal number that was meant by one that went through float32, such as 0.00001. */
function rounded(value: number): number {
  return Number(value.toPrecision(7));
}

/** How positions are stretched, in the words of config.json. */
function ropeScaling(
  notes: Notes,
  architecture: string,
  tensors: Tensors,
  factors: Float32Array | undefined,
  source: string,
): Record<string, unknown> | null {
  const number = (key: string) => notes.number(`${architecture}.rope.scaling.${key}`);
  if (tensors.has('rope_factors_long.weight')) return { rope_type: 'longrope' };
  if (factors) return llama3Scaling(notes, architecture, factors, source);
  const type = notes.text(`${architecture}.rope.scaling.type`) ?? 'none';
  if (type === 'none') return null;
  return {
    rope_type: type,
    factor: number('factor'),
    ...(type === 'yarn' && { original_max_position_embeddings: number('original_context_length') }),
  };
}

/**
 * GGUF keeps what came out of Llama 3's formula, not what went in. Every Llama 3 has the same two bounds; the factor is that of the
 * slowest frequencies, and the original context follows from one between the bounds. They are taken if the same factors come out.
 */
function llama3Scaling(
  notes: Notes,
  architecture: string,
  factors: Float32Array,
  source: string,
): Record<string, unknown> {
  const theta = notes.number(`${architecture}.rope.freq_base`) ?? 10_000;
  const [low, high] = [1, 4];
  const factor = Math.max(...factors);
  const wavelength = (index: number) => 2 * Math.PI * theta ** (index / factors.length);
  const between = factors.findIndex((value) => value > 1.001 && value < factor * 0.999);
  const smoothness = (1 / (factors[between] ?? 1) - 1 / factor) / (1 - 1 / factor);
  const original = between < 0 ? 8192 : Math.round(wavelength(between) * (smoothness * (high - low) + low));
  const expected = (index: number) => {
    const turns = original / wavelength(index);
    if (turns > high) return 1;
    if (turns < low) return factor;
    const smooth = (turns - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  };
  require(factors.every((value, index) => Math.abs(value / expected(index) - 1) < 1e-4), ConfigError, () => ({
    wrong: `${source} stretches its positions by factors of its own (rope_freqs.weight).`,
    expected: 'those of Llama 3.1 and later.',
    remedy: 'use the safetensors files of the model, whose config.json says how they came about.',
  }));
  return {
    rope_type: 'llama3',
    factor,
    low_freq_factor: low,
    high_freq_factor: high,
    original_max_position_embeddings: original,
  };
}
