"""Writes the parity fixtures: `python3 tooling/oracle/generate.py` makes fixtures/*.safetensors anew, always the same.

Each case is a tiny random model with its input, and what the oracle computes for it in float64. All numbers of a case
come from its own seed and are stored as 32-bit values; inputs are rounded to float32 before the oracle sees them.
"""

import json
import struct
from pathlib import Path

import numpy as np
import torch

import oracle

FOLDER = Path(__file__).parent / "fixtures"

MODEL = {
    "model_type": "llama", "hidden_act": "silu", "hidden_size": 16, "intermediate_size": 20, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
    "vocab_size": 13, "tie_word_embeddings": True, "max_position_embeddings": 64,
}
FAM = {"block_size": 4, "memory_segments": 0, "fam_length": 0, "variant": "fam", "position": "last"}
GROUPED = {"num_attention_heads": 4, "num_key_value_heads": 2}
MULTI_QUERY = {"num_attention_heads": 4, "num_key_value_heads": 1}

# name: (what it shows, seed, tokens S, changes to MODEL, changes to FAM, further options of `inputs`)
#
# A seed is one of a handful, the one whose model is best conditioned: the oracle itself, run in float32, must err well
# below the tolerances of the parity tests (1e-5 forward, 1e-4 gradients); test_oracle.py checks it.
CASES = {
    "bswa-m0": (
        "Block attention without memory segments or FAM: each block stands alone.",
        1, 22, {}, {"block_size": 5}, {}),
    "bswa-m2": (
        "Block sliding window attention with two memory segments, three layers, a partial last block.",
        10, 27, {"num_hidden_layers": 3}, {"memory_segments": 2}, {}),
    "full-causal": (
        "No FAM and a block longer than the text: ordinary full causal attention, the original Llama.",
        12, 20, {**GROUPED, "rope_theta": 500000.0}, {"block_size": 32}, {}),
    "fam-m0": (
        "TransformerFAM without memory segments: FAM is the only path between blocks; six full blocks.",
        9, 24, {}, {"fam_length": 3}, {}),
    "fam-m1-grouped": (
        "TransformerFAM with one memory segment and grouped-query attention; FAM is as long as the block.",
        1, 26, {**GROUPED}, {"memory_segments": 1, "fam_length": 4}, {}),
    "fam-m3-multiquery": (
        "Three memory segments, multi-query attention, heads x head_dim unlike the width, an untied head, three "
        "layers, a partial last block.",
        2, 29, {**MULTI_QUERY, "num_hidden_layers": 3, "intermediate_size": 8, "tie_word_embeddings": False,
             "rms_norm_eps": 1e-5},
        {"memory_segments": 3, "fam_length": 2}, {}),
    "fam-norm-m0-long": (
        "Normalised FAM over twelve blocks without memory segments: the recurrence far from its start.",
        9, 48, {}, {"fam_length": 2, "variant": "fam-norm"}, {"spread": 0.3}),
    "fam-norm-m2-grouped": (
        "Normalised FAM with two memory segments, grouped-query attention, a partial last block; the large "
        "rms_norm_eps makes it visible that the initial FAM is not normalised.",
        6, 28, {**GROUPED, "rms_norm_eps": 0.01},
        {"block_size": 6, "memory_segments": 2, "fam_length": 3, "variant": "fam-norm"}, {}),
    "fam-float": (
        "FAM positions spread evenly between the position before the block and its first.",
        2, 26, {}, {"block_size": 5, "memory_segments": 1, "fam_length": 3, "position": "float"}, {}),
    "fam-zero": (
        "All FAM activations at absolute position 0, tokens at absolute positions.",
        12, 26, {}, {"block_size": 5, "memory_segments": 1, "fam_length": 3, "position": "zero"}, {}),
    "fam-resumed": (
        "FAM handed in: row 0 is carried and keeps its residual, row 1 is not and starts from the prompt; the memory "
        "segments start empty.",
        8, 22, {}, {"memory_segments": 1, "fam_length": 3}, {"handed": True}),
    "fam-large-scores": (
        "Query and key weights scaled until attention scores reach some tens: the softmax must not overflow.",
        18, 14, {}, {"memory_segments": 1, "fam_length": 3}, {"query_key_scale": 2.3}),
}


def weight_shapes(config, fam):
    """Name and shape of every weight of a model."""
    d, ff = config["hidden_size"], config["intermediate_size"]
    q = config["num_attention_heads"] * config["head_dim"]
    kv = config["num_key_value_heads"] * config["head_dim"]
    shapes = {"model.embed_tokens.weight": (config["vocab_size"], d), "model.norm.weight": (d,)}
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        shapes |= {
            at + "input_layernorm.weight": (d,), at + "post_attention_layernorm.weight": (d,),
            at + "self_attn.q_proj.weight": (q, d), at + "self_attn.k_proj.weight": (kv, d),
            at + "self_attn.v_proj.weight": (kv, d), at + "self_attn.o_proj.weight": (d, q),
            at + "mlp.gate_proj.weight": (ff, d), at + "mlp.up_proj.weight": (ff, d),
            at + "mlp.down_proj.weight": (d, ff),
        }
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (config["vocab_size"], d)
    if fam["fam_length"] > 0:
        shapes["fam.prompt"] = (fam["fam_length"], d)
    return shapes


def inputs(config, fam, seed, length, rows=2, handed=False, spread=0.35, query_key_scale=1.0):
    """A random model and its input, as float32 and int32 arrays under the names they have in a fixture."""
    random = np.random.default_rng(seed)
    arrays = {}
    for name, shape in weight_shapes(config, fam).items():
        draw = random.standard_normal(shape)
        if "norm" in name:
            value = 1 + 0.2 * draw
        elif name == "fam.prompt":
            value = draw
        elif "embed_tokens" in name or "lm_head" in name:
            value = 0.5 * draw
        else:
            value = spread * draw
        if "q_proj" in name or "k_proj" in name:
            value = value * query_key_scale
        arrays["weights." + name] = value.astype(np.float32)
    text = random.integers(0, config["vocab_size"], (rows, length + 1))
    arrays["input.tokens"], arrays["input.targets"] = text[:, :-1].astype(np.int32), text[:, 1:].astype(np.int32)
    arrays["input.loss_weights"] = random.choice([0, 0.1, 1], (rows, length), p=[0.25, 0.25, 0.5]).astype(np.float32)
    if handed:
        for layer in range(config["num_hidden_layers"]):
            shape = (rows, fam["fam_length"], config["hidden_size"])
            arrays[f"input.fam.{layer}"] = (1.5 * random.standard_normal(shape)).astype(np.float32)
        arrays["input.carried"] = (np.arange(rows) % 2 == 0).astype(np.float32)
    return arrays


def answers(arrays, config, fam, dtype=torch.float64):
    """What the oracle computes for the inputs of a case, as tensors under the names they have in a fixture."""
    def read(name):
        return torch.tensor(np.array(arrays[name])).to(dtype)

    weights = {name.removeprefix("weights."): read(name) for name in arrays if name.startswith("weights.")}
    tokens, targets = read("input.tokens").long(), read("input.targets").long()
    start = {}
    if "input.carried" in arrays:
        start["handed"] = [read(f"input.fam.{layer}") for layer in range(config["num_hidden_layers"])]
        start["carried"] = read("input.carried") > 0
    logits, updates, loss, gradients = oracle.run(
        weights, config, fam, tokens, targets, read("input.loss_weights"), **start)
    return {
        "output.logits": logits, "output.loss": loss.reshape(1),
        **{f"output.fam.{layer}": update for layer, update in enumerate(updates)},
        **{"gradient." + name: gradient for name, gradient in gradients.items()},
    }


def case(name):
    """Config, FAM part, description and input arrays of a named case."""
    about, seed, length, model_changes, fam_changes, options = CASES[name]
    config, fam = {**MODEL, **model_changes}, {**FAM, **fam_changes}
    return config, fam, about, inputs(config, fam, seed, length, **options)


# ---- The safetensors format: 8 bytes of header length, a JSON header, the tensors one after the other --------------

DTYPES = {"F32": np.dtype("<f4"), "I32": np.dtype("<i4")}


def write(path, arrays, metadata):
    """Writes arrays (float32 or int32) sorted by name, which is also their order in the file."""
    header, end = {"__metadata__": metadata}, 0
    for name in sorted(arrays):
        begin, end = end, end + arrays[name].nbytes
        dtype = next(code for code, kind in DTYPES.items() if kind == arrays[name].dtype)
        header[name] = {"dtype": dtype, "shape": list(arrays[name].shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(arrays[name].tobytes() for name in sorted(arrays)))


def read(path):
    """The arrays and the metadata of a file that `write` made."""
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__")
    return {
        name: np.frombuffer(data[start:][slice(*info["data_offsets"])], DTYPES[info["dtype"]]).reshape(info["shape"])
        for name, info in header.items()
    }, metadata


def main():
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.safetensors"):
        old.unlink()
    total = 0
    for name in CASES:
        config, fam, about, arrays = case(name)
        outputs = {key: value.numpy().astype(np.float32) for key, value in answers(arrays, config, fam).items()}
        path = FOLDER / f"{name}.safetensors"
        write(path, {**arrays, **outputs}, {"config": json.dumps(config), "fam": json.dumps(fam), "about": about})
        total += path.stat().st_size
        print(f"{name:22}{path.stat().st_size:8} bytes   loss {outputs['output.loss'][0]:.4f}")
    print(f"{len(CASES)} cases, {total} bytes")


if __name__ == "__main__":
    main()
