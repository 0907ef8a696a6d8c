/** From the tensors of a GGUF file to Hugging Face's: their names, and the order of their rows. */

const parts: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_qkv: 'self_attn.qkv_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};
/** Where an architecture has other names for the same. */
const own: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  gemma3: {
    post_attention_norm: 'post_attention_layernorm',
    ffn_norm: 'pre_feedforward_layernorm',
    post_ffw_norm: 'post_feedforward_layernorm',
  },
  phi3: { ffn_up: 'mlp.gate_up_proj' },
};
const around: Readonly<Record<string, string>> = {
  'token_embd.weight': 'model.embed_tokens.weight',
  'output_norm.weight': 'model.norm.weight',
  'output.weight': 'lm_head.weight',
};

/** Tensors that only say how positions are stretched, which the configuration says too. */
export const isRopeTable = (name: string): boolean =>
  /^rope_(freqs|factors_(long|short))\.weight$/.test(name);

/** Hugging Face's name of a tensor; what is unknown keeps its own, and is refused where weights are compared. */
export function huggingFaceName(name: string, architecture: string): string {
  const [, layer, part = '', kind] = /^blk\.(\d+)\.(\w+)\.(weight|bias)$/.exec(name) ?? [];
  const found = own[architecture]?.[part] ?? parts[part];
  return found ? `model.layers.${layer}.${found}.${kind}` : (around[name] ?? name);
}

/**
 * Rows of queries or keys as Hugging Face has them. GGUF keeps the pairs that turn in neighbouring rows for the architecture
 * `llama`; there they stand half a head apart.
 *
 * @param data rows one after the other, of equally many bytes each
 */
export function unpairedRows(data: Uint8Array, rows: number, heads: number): Uint8Array {
  const width = data.length / rows;
  const half = rows / heads / 2;
  const moved = new Uint8Array(data.length);
  for (let row = 0; row < rows; row++) {
    const inHead = row % (2 * half);
    const from = row - inHead + 2 * (inHead % half) + Math.floor(inHead / half);
    moved.set(data.subarray(from * width, (from + 1) * width), row * width);
  }
  return moved;
}
