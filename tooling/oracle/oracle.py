"""The oracle of FAM.js: a Llama-style causal language model with TransformerFAM and its variants, to be read, not fast.

It is spec.md as plain block-by-block loops in torch, with autograd for the gradients. It shares no code with the
TypeScript packages: their schedules and backends are right when they agree with what this computes in float64.

A model is a flat map of named tensors, `weights`, with Hugging Face's llama names and layouts (projections are
[out, in]), plus `fam.prompt` [F, d] or `fam.prefix.<layer>`; `lm_head.weight` is absent when the head is tied to the
embedding. `config` is Hugging Face's llama config as a dict, `fam` a `fam.json` as a dict, which `variant.py` reads.
Everything is computed in the dtype of the weights.
"""

import torch

import blocks
import losses
import recurrence
from reading import joined
from variant import choices


def forward(weights, config, fam, tokens, starts=None, handed=None, carried=None, offset=0, stop_gradient="none",
            layer_windows=None):
    """Reads tokens [B, S] (integers) block by block; gives a `Reading`.

    starts         per row, the blocks at which a document starts, the first of them 0: there the row is blank again
                   and stands at `offset`; by default a row is one document
    handed         optional, one FAM [B, F, d] per layer to start from instead of the prompt's F_{-1}
    carried        with `handed`: [B] booleans. A carried row starts from its handed FAM and keeps its residual at
                   block 0; any other row ignores it and starts from the prompt, with a zero residual (First update)
    offset         absolute position of the first token
    stop_gradient  "none", "memory" (at stored keys and values of earlier blocks) or "fam" (at what earlier blocks made
                   of FAM, M or summaries; what is learned keeps its gradient)
    layer_windows  per layer, None or the tokens that a token sees, itself included

    Memory segments are empty at the start, also when FAM was handed in.
    """
    if stop_gradient not in ("none", "memory", "fam"):
        raise ValueError(f"stop_gradient is {stop_gradient!r}, expected 'none', 'memory' or 'fam'")
    chosen = choices(fam, layer_windows)
    how = {"offset": offset, "stop_gradient": stop_gradient}
    if chosen.recurrence:
        reader = {"rmt": recurrence.rmt, "autocompressor": recurrence.autocompressor}[chosen.recurrence]
    else:
        reader = blocks.read
        how["layer_windows"] = layer_windows
    if handed is not None:
        return reader(weights, config, chosen, tokens, handed=handed, carried=carried, **how)
    if starts is None:
        return reader(weights, config, chosen, tokens, **how)

    def row(text, begins):
        ends = [*begins[1:], None]
        cut = [text[begin * chosen.C:None if end is None else end * chosen.C] for begin, end in zip(begins, ends)]
        return joined([reader(weights, config, chosen, document[None], **how) for document in cut], dim=1)

    if any(begins[0] != 0 for begins in starts):
        raise ValueError("starts begin with block 0 in every row")
    return joined([row(text, begins) for text, begins in zip(tokens, starts)], dim=0)


def objective(reading, targets, loss_weights, diversity=0, reconstruction=0):
    """The loss: weighted mean cross-entropy, plus the auxiliary losses, averaged over rows, blocks and layers, times
    their weights."""
    value = losses.cross_entropy(reading.logits, targets, loss_weights)
    if diversity:
        value = value + diversity * reading.diversity.mean()
    if reconstruction:
        value = value + reconstruction * reading.reconstruction.mean()
    return value


def run(weights, config, fam, tokens, targets, loss_weights, diversity=0, reconstruction=0, **how):
    """The reading, its loss, and the gradient of the loss for every weight; `how` goes to `forward`."""
    leaves = {name: w.detach().clone().requires_grad_() for name, w in weights.items()}
    reading = forward(leaves, config, fam, tokens, **how)
    value = objective(reading, targets, loss_weights, diversity, reconstruction)
    gradients = torch.autograd.grad(value, list(leaves.values()), materialize_grads=True)
    return reading, value.detach(), dict(zip(leaves, gradients))
