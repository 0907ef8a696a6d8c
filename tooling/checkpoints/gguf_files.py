"""Tiny GGUF files as the Python package gguf writes them, beside what must be read out of them.

gguf/ holds dtypes.gguf, a tensor of each type that FAM.js reads, of random bits with scales of ordinary size; dtypes.safetensors, the
same numbers as gguf's own numpy code makes them; stored.gguf, a whole model whose matrices are blocks of all types; and for each of TWINS a model with the weights of fixtures/<name> as llama.cpp's
convert_hf_to_gguf.py names, orders and shifts them, its notes, and a vocabulary.
"""

import json
import math
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter, RopeScalingType, TokenType, quants
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).parent / "fixtures"
OUT = HERE.parent / "gguf"

# Where the halves stand in a block by which everything else is multiplied.
SCALES = {Type.Q8_0: [0], Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q4_K: [0, 2], Type.Q6_K: [208]}
ROWS, COLUMNS = 3, 512
#: Each with its architecture in llama.cpp.
TWINS = {
    "llama": "llama",
    "llama-tied": "llama",
    "llama-llama3": "llama",
    "mistral": "llama",
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "gemma3_text": "gemma3",
    "phi3": "phi3",
    "phi3-partial": "phi3",
}
PARTS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.qkv_proj": "attn_qkv",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.gate_up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
#: Gemma has norms on both sides, and other names for them.
GEMMA_PARTS = {
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}
AROUND = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}


def dtypes() -> None:
    random = np.random.default_rng(0)
    writer = GGUFWriter(OUT / "dtypes.gguf", "llama")
    expected = {}
    numbers = random.standard_normal((ROWS, COLUMNS)).astype(np.float32)
    writer.add_tensor("F32", numbers)
    expected["F32"] = numbers
    for name in ("F16", "BF16"):
        data = quants.quantize(numbers, Type[name])
        writer.add_tensor(name, data, raw_dtype=Type[name])
        expected[name] = quants.dequantize(data, Type[name])
    for kind in SCALES:
        data = random_blocks(random, kind, ROWS, COLUMNS, 1)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        expected[kind.name] = quants.dequantize(data, kind)
    finish(writer)
    save_file({name: np.ascontiguousarray(values, np.float32) for name, values in expected.items()}, OUT / "dtypes.safetensors")


def random_blocks(random: np.random.Generator, kind: Type, rows: int, columns: int, scale: float) -> np.ndarray:
    """Blocks of random bits; their halves are normal, of this deviation."""
    numbers, width = quants.GGML_QUANT_SIZES[kind]
    blocks = rows * columns // numbers
    data = random.integers(0, 256, (blocks, width), dtype=np.uint8)
    for at in SCALES[kind]:
        halves = (scale * random.standard_normal((blocks, 1))).astype(np.float16)
        data[:, at : at + 2] = halves.view(np.uint8)
    return data.reshape(rows, -1)


#: What stored.gguf has in blocks, by the name of its part: type, rows, columns, deviation of the scales.
STORED = {
    "attn_q": (Type.Q4_1, 64, 64, 0.02),
    "attn_k": (Type.Q4_0, 32, 64, 0.02),
    "attn_v": (Type.Q8_0, 32, 64, 0.002),
    "attn_output": (Type.Q4_1, 64, 64, 0.02),
    "ffn_gate": (Type.Q8_0, 256, 64, 0.002),
    "ffn_up": (Type.Q4_1, 256, 64, 0.02),
}


def stored() -> None:
    """Two layers, grouped heads, tied embeddings; rows of 256 are blocks of K types."""
    random = np.random.default_rng(1)
    writer = GGUFWriter(OUT / "stored.gguf", "llama")
    sizes = {"num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 256, "vocab_size": 64}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512}
    rope = {"rope_type": "default", "rope_theta": 1000.0}
    notes(writer, {**sizes, **heads, "rms_norm_eps": 1e-5, "rope_parameters": rope}, "llama")
    vocabulary(writer, 64)

    def add(name: str, kind: Type, rows: int, columns: int, scale: float) -> None:
        writer.add_tensor(name, random_blocks(random, kind, rows, columns, scale), raw_dtype=kind)

    add("token_embd.weight", Type.Q8_0, 64, 64, 0.01)
    writer.add_tensor("output_norm.weight", np.ones(64, np.float32))
    for layer, down in enumerate([Type.Q4_K, Type.Q6_K]):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{norm}.weight", np.ones(64, np.float32))
        for part, shape in STORED.items():
            add(f"blk.{layer}.{part}.weight", *shape)
        add(f"blk.{layer}.ffn_down.weight", down, 64, 256, 1e-4)
    finish(writer)


def paired(rows: np.ndarray, heads: int) -> np.ndarray:
    """The order in which llama.cpp has the rows of queries and keys of its architecture `llama`."""
    return rows.reshape(heads, 2, -1, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def notes(writer: GGUFWriter, config: dict, architecture: str) -> None:
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    rope = config["rope_parameters"]
    everywhere = rope.get("full_attention", rope)
    writer.add_rope_freq_base(everywhere["rope_theta"])
    if "sliding_attention" in rope:
        writer.add_rope_freq_base_swa(rope["sliding_attention"]["rope_theta"])
    if everywhere["rope_type"] == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(everywhere["factor"])
    if config.get("head_dim"):
        writer.add_key_length(config["head_dim"])
        writer.add_value_length(config["head_dim"])
    if architecture == "llama":
        width = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
        writer.add_rope_dimension_count(width)
    if architecture == "gemma3":
        writer.add_sliding_window_pattern(config["layer_types"].index("full_attention") + 1)
    if architecture == "phi3":
        part = rope.get("partial_rotary_factor", 1.0)
        writer.add_rope_dimension_count(int(part * config["hidden_size"]) // config["num_attention_heads"])
        writer.add_rope_scaling_orig_ctx_len(config["original_max_position_embeddings"])
        writer.add_sliding_window(config.get("sliding_window") or 0)
    elif config.get("sliding_window"):
        writer.add_sliding_window(config["sliding_window"])


def rope_factors(config: dict) -> np.ndarray:
    """By what Llama 3 divides the frequencies of its positions."""
    rope = config["rope_parameters"]
    low, high, original = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]
    width = config["head_dim"]
    factors = []
    for index in range(0, width, 2):
        wavelength = 2 * math.pi * rope["rope_theta"] ** (index / width)
        smooth = (original / wavelength - low) / (high - low)
        if wavelength < original / high:
            factors.append(1)
        elif wavelength > original / low:
            factors.append(rope["factor"])
        else:
            factors.append(1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(factors, np.float32)


def twin(name: str, architecture: str) -> None:
    config = json.loads((HERE / name / "config.json").read_text())
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    writer = GGUFWriter(OUT / f"{name}.gguf", architecture)
    notes(writer, config, architecture)
    vocabulary(writer, config["vocab_size"])
    if config["rope_parameters"].get("rope_type") == "llama3":
        writer.add_tensor("rope_freqs.weight", rope_factors(config))
    parts = {**PARTS, **GEMMA_PARTS} if architecture == "gemma3" else PARTS
    for weight, values in load_file(HERE / name / "model.safetensors").items():
        if architecture == "gemma3" and weight.endswith("norm.weight"):
            values = values + np.float32(1)
        if weight in AROUND:
            writer.add_tensor(AROUND[weight], values)
            continue
        _, _, layer, *part, kind = weight.split(".")
        part = parts[".".join(part)]
        if architecture == "llama" and part in ("attn_q", "attn_k"):
            values = paired(values, heads if part == "attn_q" else kv_heads)
        writer.add_tensor(f"blk.{layer}.{part}.{kind}", np.ascontiguousarray(values))
    finish(writer)


def vocabulary(writer: GGUFWriter, size: int) -> None:
    """Byte-level BPE: two special tokens, some letters and digits, a space, and words of them."""
    words = ["he", "ll", "hell", "hello", "Ġhello"]
    letters = list("Ġehlo0123456789!") + ["Ċ"]
    tokens = ["<|start|>", "<|end|>", *letters, *words]
    tokens += [f"[PAD{index}]" for index in range(size - len(tokens))]
    types = [TokenType.CONTROL] * 2 + [TokenType.NORMAL] * (len(letters) + len(words))
    types += [TokenType.UNUSED] * (size - len(types))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(["h e", "l l", "he ll", "hell o", "Ġ hello"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_add_bos_token(True)
    writer.add_chat_template("{% for message in messages %}{{ message.content }}<|end|>{% endfor %}")


def finish(writer: GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    dtypes()
    stored()
    for name, architecture in TWINS.items():
        twin(name, architecture)
