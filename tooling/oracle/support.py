"""What the self-checks share: small random models in float64, changed tokens, distances."""

import torch

import generate
from cases import FAM, MODEL

torch.set_num_threads(1)

# A fam.json of every preset, for texts of blocks of 4; m = 1 where segments are allowed.
PRESETS = {
    "bswa": {"variant": "bswa", "memory_segments": 1},
    "bswa-sinks": {"variant": "bswa", "memory_segments": 1, "sinks": 2},
    "swa": {"variant": "swa", "window": 6},
    "txl": {"variant": "txl", "memory_segments": 1},
    "fm": {"variant": "fm", "memory_segments": 1},
    "fam": {"variant": "fam", "memory_segments": 1, "fam_length": 3, "sinks": 1},
    "fam-norm": {"variant": "fam-norm", "memory_segments": 1, "fam_length": 3},
    "fam-norm-initial": {"variant": "fam-norm", "norm": "initial", "memory_segments": 1, "fam_length": 3},
    "fam-no-residual": {"variant": "fam-no-residual", "memory_segments": 1, "fam_length": 3},
    "fam-no-ff": {"variant": "fam-no-ff", "memory_segments": 1, "fam_length": 3},
    "fam-n": {"variant": "fam-n", "visible": 2, "memory_segments": 1, "fam_length": 3},
    "fam-prefix": {"variant": "fam-prefix", "memory_segments": 1, "fam_length": 3},
    "sum": {"variant": "sum", "visible": 2, "memory_segments": 1, "fam_length": 3},
    "rmt": {"variant": "rmt", "fam_length": 3},
    "autocompressor": {"variant": "autocompressor", "fam_length": 3, "max_summaries": 2},
}
FAM_PRESETS = [name for name in PRESETS if name.startswith("fam")]


def model(seed=0, length=24, model_changes={}, fam_changes={}, **options):
    """Config, FAM part, float64 weights and tokens of a small random model."""
    config, fam = {**MODEL, **model_changes}, {**FAM, **fam_changes}
    arrays = generate.inputs(config, fam, seed, length, **options)
    weights = {name[8:]: torch.tensor(value).double() for name, value in arrays.items() if name.startswith("weights.")}
    return config, fam, weights, torch.tensor(arrays["input.tokens"]).long()


def replaced(tokens, position):
    """The tokens with another token at one position."""
    changed = tokens.clone()
    changed[:, position] = (changed[:, position] + 1) % MODEL["vocab_size"]
    return changed


def distance(a, b):
    return (a - b).abs().max().item()
