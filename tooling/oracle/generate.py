"""Writes the parity fixtures: `python3 tooling/oracle/generate.py` makes all files in fixtures/ anew, always the same.

Each case is a tiny random model with its input, and what the oracle computes for it in float64. All numbers of a case
come from its own seed and are stored as 32-bit values; inputs are rounded to float32 before the oracle sees them.
"""

import json
from functools import partial
from pathlib import Path

import numpy as np
import torch

import fixture_file
import optimizer_cases
import oracle
from cases import BASIC, CASES, FAM, MODEL

FOLDER = Path(__file__).parent / "fixtures"


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
    if fam["fam_length"] > 0 and fam["variant"] == "fam-prefix":
        shapes |= {f"fam.prefix.{l}": (fam["fam_length"], d) for l in range(config["num_hidden_layers"])}
    elif fam["fam_length"] > 0:
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
        elif name.startswith("fam."):
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


def answers(arrays, config, fam, options, dtype=torch.float64):
    """What the oracle computes for the inputs of a case, as tensors under the names they have in a fixture."""
    def read(name):
        return torch.tensor(np.array(arrays[name])).to(dtype)

    weights = {name.removeprefix("weights."): read(name) for name in arrays if name.startswith("weights.")}
    tokens, targets = read("input.tokens").long(), read("input.targets").long()
    start = {}
    if "input.carried" in arrays:
        start["handed"] = [read(f"input.fam.{layer}") for layer in range(config["num_hidden_layers"])]
        start["carried"] = read("input.carried") > 0
    reading, loss, gradients = oracle.run(
        weights, config, fam, tokens, targets, read("input.loss_weights"), **start, **options)
    auxiliary = {name: getattr(reading, name).mean() for name in ("diversity", "reconstruction") if name in options}
    return {
        "output.logits": reading.logits.detach(), "output.loss": loss.reshape(1),
        **{"output." + name: value.detach() for name, value in reading.handed_on.items()},
        **{"output." + name: value.detach().reshape(1) for name, value in auxiliary.items()},
        **{"gradient." + name: gradient for name, gradient in gradients.items()},
    }


def case(name):
    """Input arrays, config, FAM part and options of a named case, and the metadata of its file."""
    about, seed, length, model_changes, fam_changes, input_changes, *rest = CASES[name]
    config, fam, options = {**MODEL, **model_changes}, {**FAM, **fam_changes}, rest[0] if rest else {}
    metadata = {"config": json.dumps(config), "fam": json.dumps(fam), "about": about}
    if options:
        metadata["options"] = json.dumps(options)
    return inputs(config, fam, seed, length, **input_changes), config, fam, options, metadata


def files():
    """Path below fixtures/, input arrays, a function from dtype to the answers, and metadata, of every file."""
    for name in CASES:
        arrays, config, fam, options, metadata = case(name)
        folder = "" if name in BASIC else "variants/"
        yield f"{folder}{name}", arrays, partial(answers, arrays, config, fam, options), metadata
    for name, (about, kind, settings) in optimizer_cases.CASES.items():
        arrays = optimizer_cases.inputs()
        metadata = {"optimizer": kind, "settings": json.dumps(settings), "about": about}
        yield f"optimizers/{name}", arrays, partial(optimizer_cases.answers, arrays, kind, settings), metadata


def main():
    torch.set_num_threads(1)
    for old in FOLDER.rglob("*.safetensors"):
        old.unlink()
    total = 0
    for name, arrays, answer, metadata in files():
        outputs = {key: value.numpy().astype(np.float32) for key, value in answer().items()}
        path = FOLDER / f"{name}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        fixture_file.write(path, {**arrays, **outputs}, metadata)
        total += path.stat().st_size
        print(f"{name:42}{path.stat().st_size:8} bytes")
    print(f"{total} bytes")


if __name__ == "__main__":
    main()
