"""FAM: where it stands, what it is before the first block, and its update when a block is full."""

import torch

import layer as llama


def positions(chosen, start):
    """Where F FAM activations stand for the block that starts at `start` (spec.md, Positions).

    last   the last F positions before the block: start-F ... start-1
    float  evenly between the position before the block and the block's first: start - 1 + (i+1)/(F+1)
    zero   all at absolute position 0, whatever the block
    """
    i = torch.arange(chosen.F, dtype=torch.float64)
    if chosen.position == "last":
        return start - chosen.F + i
    if chosen.position == "float":
        return start - 1 + (i + 1) / (chosen.F + 1)
    if chosen.position == "zero":
        return 0 * i
    raise ValueError(f"position is {chosen.position!r}, expected 'last', 'float' or 'zero'")


def initial(weights, config, chosen, start):
    """F_{-1} of each layer, [1, F, d] (Initial FAM): what the layer receives when the prompt alone runs through the
    layers, like ordinary activations but with full attention among them, at the FAM positions of the first block.
    With prefixes it is a weight of its own."""
    layers = range(config["num_hidden_layers"])
    if chosen.prefixes:
        return [weights[f"fam.prefix.{layer}"][None] for layer in layers]
    x = weights["fam.prompt"][None]
    received = []
    for layer in layers:
        at = llama.prefix(layer)
        received.append(x)
        q, k, v = llama.project(weights, at, config, x, positions(chosen, start))
        x = x + llama.attend(weights, at, q, k, v)[0]
        x = x + llama.feed_forward(weights, at, config, x)
    return received


def update(weights, at, config, chosen, first, residual, attention):
    """F_tau [B, F, d] from what FAM's queries gathered, [B, F, d] after Wo.

    first      the layer's own F_{-1}, for its size
    residual   F_{tau-1}, or zero where it carries no context (First update)
    """
    a = attention + residual if chosen.residual else attention
    new = a + llama.feed_forward(weights, at, config, a) if chosen.feed_forward else a
    if chosen.norm:
        new = llama.rms_norm(new, config["rms_norm_eps"])
    if chosen.norm == "initial":
        new = new * (first * first).mean((1, 2), keepdim=True).sqrt().detach()
    return new
