"""The cases of the optimizers: a few random weights with the gradients of 20 steps.

The gradients of a weight have a size of their own, grow and shrink over the steps, and are 0 in one row now and then,
as those of an embedding are; one weight's are 0 at first.
"""

import numpy as np
import torch

import optimizers

STEPS = 20
SHAPES = {"tall": (7, 5), "wide": (3, 8), "row": (1, 6), "vector": (9,), "single": (1,), "late": (4, 4)}

# name: (what it shows, kind, settings)
CASES = {
    "adamw": (
        "AdamW with weight decay.", "adamw",
        {"rate": 0.01, "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8, "weight_decay": 0.1}),
    "adamw-no-decay": (
        "AdamW without weight decay and with a large epsilon.", "adamw",
        {"rate": 0.003, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-3, "weight_decay": 0.0}),
    "adafactor": (
        "Adafactor as the TransformerFAM paper has it.", "adafactor",
        {"rate": 0.01, "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-30, "clip": 1.0}),
    "adafactor-no-momentum": (
        "Adafactor without momentum, clipped harder.", "adafactor",
        {"rate": 0.003, "beta1": 0.0, "beta2": 0.9, "epsilon": 1e-30, "clip": 0.5}),
}


def inputs():
    """Weights and the gradients of all steps, float32, under their names in a fixture."""
    random = np.random.default_rng(1804_04235)
    size = np.exp(np.sin(np.arange(STEPS)) * 1.5)
    arrays = {}
    for i, (name, shape) in enumerate(SHAPES.items()):
        gradient = random.standard_normal((STEPS, *shape)) * 10.0 ** (1 - i) * size.reshape(-1, *[1] * len(shape))
        gradient[random.random(STEPS) < 0.4, 0] = 0
        if name == "late":
            gradient[:5] = 0
        arrays["weights." + name] = random.standard_normal(shape).astype(np.float32)
        arrays["gradients." + name] = gradient.astype(np.float32)
    return arrays


def answers(arrays, kind, settings, dtype=torch.float64):
    """The weights after each step, as tensors under their names in a fixture."""
    def part(prefix):
        return {n.removeprefix(prefix): torch.tensor(a).to(dtype) for n, a in arrays.items() if n.startswith(prefix)}

    after = optimizers.run(kind, settings, part("weights."), part("gradients."))
    return {"output." + name: value for name, value in after.items()}
