"""What a text leaves when it was read: logits, what each full block handed on, and auxiliary values."""

from dataclasses import dataclass, field

import torch


@dataclass
class Reading:
    """B rows, S tokens, T full blocks, L layers, F FAM length."""

    logits: torch.Tensor  # [B, S, V]
    handed_on: dict = field(default_factory=dict)  # "fam.<layer>", "memory" or "summaries": [B, T, F, d]
    diversity: torch.Tensor | None = None  # [B, T, L]
    reconstruction: torch.Tensor | None = None  # [B, T, L]


def stacked(blocks, shape, like):
    """One tensor [B, T, ...] of T blocks' tensors [B, ...]; `shape` is that of T = 0."""
    return torch.stack(blocks, dim=1) if blocks else like.new_zeros(shape)


def joined(readings, dim):
    """Readings one after the other: texts of a row (dim 1), or rows (dim 0)."""
    def join(parts):
        return None if parts[0] is None else torch.cat(parts, dim)

    return Reading(
        join([r.logits for r in readings]),
        {name: join([r.handed_on[name] for r in readings]) for name in readings[0].handed_on},
        join([r.diversity for r in readings]),
        join([r.reconstruction for r in readings]),
    )
