"""The block-by-block loop of spec.md: memory segments, windows, sinks and FAM, for all presets whose blocks hand on
something per layer (bswa, swa, txl, fm, fam..., sum).

One block at a time, one layer at a time, absolute positions throughout.
"""

from dataclasses import dataclass, field

import torch

import fam as familiar
import layer as llama
import losses
from reading import Reading, stacked


@dataclass
class LayerState:
    """What one layer keeps between blocks."""

    window: float  # tokens that a token sees, itself included
    segments: list = field(default_factory=list)  # (K, V, positions) of the last m blocks
    sinks: torch.Tensor | None = None  # what the layer received for the text's first tokens, [B, n, d]
    first: torch.Tensor | None = None  # the layer's own F_{-1}, [1, F, d]
    fams: list = field(default_factory=list)  # (FAM [B, F, d], start of the block after it), oldest first
    residual: torch.Tensor | None = None  # of the next update
    updates: list = field(default_factory=list)
    diversity: list = field(default_factory=list)
    reconstruction: list = field(default_factory=list)


def read(weights, config, chosen, tokens, handed=None, carried=None, offset=0, stop_gradient="none",
         layer_windows=None):
    """Runs tokens [B, S] of one document a row; see `oracle.forward` for the arguments."""
    layers = range(config["num_hidden_layers"])
    bounds = [chosen.window, *(layer_windows or [])]
    smallest = lambda *windows: min((w for w in windows if w is not None), default=float("inf"))
    states = [LayerState(smallest(bounds[0], *bounds[1 + l:2 + l])) for l in layers]
    if chosen.F > 0:
        start_fam(states, familiar.initial(weights, config, chosen, offset), len(tokens), handed, carried, offset)

    logits = []
    for begin in range(0, tokens.shape[1], chosen.C):
        x = weights["model.embed_tokens.weight"][tokens[:, begin:begin + chosen.C]]
        for layer, state in zip(layers, states):
            x = read_block(weights, llama.prefix(layer), config, chosen, state, x, begin, offset, stop_gradient)
        logits.append(llama.head(weights, config, llama.final_norm(weights, config, x)))

    if chosen.F == 0:
        return Reading(torch.cat(logits, dim=1))
    shape = (len(tokens), 0, chosen.F, config["hidden_size"])
    return Reading(
        torch.cat(logits, dim=1),
        {f"fam.{layer}": stacked(state.updates, shape, logits[0]) for layer, state in zip(layers, states)},
        torch.stack([stacked(state.diversity, shape[:2], logits[0]) for state in states], dim=2),
        torch.stack([stacked(state.reconstruction, shape[:2], logits[0]) for state in states], dim=2),
    )


def start_fam(states, initial, rows, handed, carried, offset):
    """F_{-1} of each layer, and the residual of its first update: zero, unless FAM was handed in (First update)."""
    for layer, (state, first) in enumerate(zip(states, initial)):
        own = first.expand(rows, -1, -1)
        fam, residual = own, torch.zeros_like(own)
        if handed is not None:
            keep = carried[:, None, None]
            fam, residual = torch.where(keep, handed[layer], own), torch.where(keep, handed[layer], residual)
        state.first, state.residual, state.fams = first, residual, [(fam, offset)]


def read_block(weights, at, config, chosen, state, x, begin, offset, stop_gradient):
    """The layer's output for one block x [B, n, d] whose first token is the text's token `begin`."""
    n, start, received = x.shape[1], offset + begin, x
    positions = start + torch.arange(n, dtype=torch.float64)
    q, k, v = llama.project(weights, at, config, x, positions)

    def stored(*tensors):
        return [t.detach() for t in tensors] if stop_gradient == "memory" else tensors

    def within(keys):
        """Which keys the window leaves to each token: [n, keys]. It never hides a sink."""
        return (positions[:, None] - keys < state.window) | (keys < offset + chosen.sinks)

    # Keys in the order [ sinks | memory segments | FAM | the block itself ] (One layer, one block).
    everywhere = lambda count: torch.ones(n, count, dtype=torch.bool)
    seen = []
    if state.sinks is not None and begin > chosen.m * chosen.C:
        place = start - chosen.m * chosen.C - chosen.sinks + torch.arange(chosen.sinks, dtype=torch.float64)
        seen.append((*stored(*llama.project(weights, at, config, state.sinks, place)[1:]), everywhere(chosen.sinks)))
    seen += [(key, value, within(place)) for key, value, place in state.segments]
    fams = [
        llama.project(weights, at, config, fam, familiar.positions(chosen, stands))
        for fam, stands in state.fams[-chosen.visible:]
    ]
    seen += [(key, value, everywhere(chosen.F)) for _, key, value in fams]
    seen.append((k, v, within(positions) & (positions <= positions[:, None])))
    keys, values, visible = (torch.cat(part, dim=d) for part, d in zip(zip(*seen), (2, 2, 1)))
    attention, looked = llama.attend(weights, at, q, keys, values, visible)
    x = x + attention
    x = x + llama.feed_forward(weights, at, config, x)

    # FAM sees the visible FAMs and the whole block, never segments or sinks, and only once the block is full (Partial
    # blocks). It is replaced after the tokens have read F_{tau-1} (Order of the two rows).
    if fams and n == chosen.C:
        query = fams[-1][0]
        if chosen.static:
            own = state.first.expand(len(x), -1, -1)
            query = llama.project(weights, at, config, own, familiar.positions(chosen, start))[0]
        keys, values = (torch.cat([f[i] for f in fams] + [own], dim=2) for i, own in ((1, k), (2, v)))
        attention, noticed = llama.attend(weights, at, query, keys, values)
        new = familiar.update(weights, at, config, chosen, state.first, state.residual, attention)

        count = chosen.F * len(fams)
        on_fam = looked[..., -n - count:-n]
        state.updates.append(new)
        state.diversity.append(losses.diversity(noticed, on_fam))
        place = familiar.positions(chosen, start + n)
        state.reconstruction.append(losses.reconstruction(weights, at, config, received, q, new, place, x))

        state.residual = new.detach() if stop_gradient == "fam" else new
        state.fams.append((state.residual, start + n))

    if begin == 0 and chosen.sinks:
        state.sinks = received[:, :chosen.sinks]
    if chosen.m > 0:
        if chosen.feedback_keys:
            _, k, v = llama.project(weights, at, config, x, positions)
        state.segments = (state.segments + [(*stored(k, v), positions)])[-chosen.m:]
    return x
