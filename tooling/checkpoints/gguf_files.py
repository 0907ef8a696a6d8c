"""Tiny GGUF files as the Python package gguf writes them, beside what must be read out of them.

gguf/ holds dtypes.gguf, a tensor of each type that FAM.js reads, of random bits with scales of ordinary size; dtypes.safetensors, the
same numbers as gguf's own numpy code makes them; and for each of TWINS a model with the weights of fixtures/<name>, its queries and keys
in the order of llama.cpp, and a vocabulary.
"""

import json
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter, TokenType, quants
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).parent / "fixtures"
OUT = HERE.parent / "gguf"

# Where the halves stand in a block by which everything else is multiplied.
SCALES = {Type.Q8_0: [0], Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q4_K: [0, 2], Type.Q6_K: [208]}
ROWS, COLUMNS = 3, 512
TWINS = ["llama", "llama-tied"]
PARTS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
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
    for kind, scales in SCALES.items():
        _, width = quants.GGML_QUANT_SIZES[kind]
        blocks = ROWS * COLUMNS // quants.GGML_QUANT_SIZES[kind][0]
        data = random.integers(0, 256, (blocks, width), dtype=np.uint8)
        for at in scales:
            halves = random.standard_normal((blocks, 1)).astype(np.float16)
            data[:, at : at + 2] = halves.view(np.uint8)
        data = data.reshape(ROWS, -1)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        expected[kind.name] = quants.dequantize(data, kind)
    finish(writer)
    save_file({name: np.ascontiguousarray(values, np.float32) for name, values in expected.items()}, OUT / "dtypes.safetensors")


def paired(rows: np.ndarray, heads: int) -> np.ndarray:
    """The order in which llama.cpp has the rows of queries and keys."""
    return rows.reshape(heads, 2, -1, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)


def twin(name: str) -> None:
    config = json.loads((HERE / name / "config.json").read_text())
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    writer = GGUFWriter(OUT / f"{name}.gguf", "llama")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    vocabulary(writer, config["vocab_size"])
    for weight, values in load_file(HERE / name / "model.safetensors").items():
        if weight in AROUND:
            writer.add_tensor(AROUND[weight], values)
            continue
        _, _, layer, *part, kind = weight.split(".")
        part = PARTS[".".join(part)]
        if part in ("attn_q", "attn_k"):
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
    for name in TWINS:
        twin(name)
