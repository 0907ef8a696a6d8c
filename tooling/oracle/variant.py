"""What a `fam.json` says: a preset by name, as the record of choices that it stands for (spec.md, Variants)."""

from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class Choices:
    """Independent choices. C, m and F are block_size, memory_segments and fam_length."""

    C: int
    m: int
    F: int
    position: str = "last"
    window: int | None = None  # tokens that a token sees, itself included
    sinks: int = 0
    visible: int = 1  # FAMs, or summaries, that a block sees
    norm: str | None = None  # "unit" or "initial": FAM is normalised after each update
    residual: bool = True  # FAM's update adds to F_{tau-1}, after the first
    feed_forward: bool = True  # FAM's update passes the feed-forward layer
    prefixes: bool = False  # F_{-1} of each layer is a weight of its own
    static: bool = False  # the query of every update is F_{-1}
    feedback_keys: bool = False  # keys and values of earlier blocks come from the layer's output for them
    recurrence: str | None = None  # "rmt" or "autocompressor": what blocks hand on are rows at the top
    max_summaries: int = 32


FAM_PRESETS = {
    "fam": lambda fam: {},
    "fam-norm": lambda fam: {"norm": fam.get("norm", "unit")},
    "fam-no-residual": lambda fam: {"residual": False},
    "fam-no-ff": lambda fam: {"feed_forward": False},
    "fam-n": lambda fam: {"visible": fam.get("visible", 1)},
    "fam-prefix": lambda fam: {"prefixes": True},
    "sum": lambda fam: {"static": True, "residual": False, "visible": fam.get("visible", 1)},
    "rmt": lambda fam: {"recurrence": "rmt"},
    "autocompressor": lambda fam: {
        "recurrence": "autocompressor", "max_summaries": fam.get("max_summaries", 32)},
}
PLAIN_PRESETS = {
    "bswa": lambda fam: {},
    "swa": lambda fam: {"window": fam["window"], "m": ceil((fam["window"] - 1) / fam["block_size"])},
    "txl": lambda fam: {"window": fam["memory_segments"] * fam["block_size"]},
    "fm": lambda fam: {"feedback_keys": True},
}


def choices(fam, layer_windows=None):
    """The record of a `fam.json` as a dict. What the specification refuses is a ValueError."""
    name = fam["variant"]

    def refuse(condition, what):
        if condition:
            raise ValueError(f"{name} refuses {what}")

    if name not in FAM_PRESETS | PLAIN_PRESETS:
        raise ValueError(f"variant is {name!r}, expected one of {', '.join(FAM_PRESETS | PLAIN_PRESETS)}")
    refuse(name in PLAIN_PRESETS and fam["fam_length"] > 0, "FAM")
    refuse(name == "txl" and fam["memory_segments"] < 1, "a window without memory segments")
    record = Choices(**{
        "C": fam["block_size"], "m": fam["memory_segments"], "F": fam["fam_length"],
        "position": fam["position"], "sinks": fam.get("sinks", 0),
        **(FAM_PRESETS | PLAIN_PRESETS)[name](fam),
    })
    refuse(not 0 <= record.sinks <= record.C, "more sinks than a block has tokens")
    refuse(record.norm not in (None, "unit", "initial"), f"norm {record.norm!r}")
    refuse(record.visible < 1, "no visible FAM")
    refuse(record.window is not None and record.window < 1, "an empty window")
    if record.recurrence:
        refuse(record.sinks > 0, "sinks")
        refuse(any(layer_windows or []), "windows")
        refuse(record.m > 0, "memory segments")
        refuse(record.position != "last", f"position {record.position!r}")
    refuse(record.feedback_keys and record.sinks > 0, "sinks")
    return record
