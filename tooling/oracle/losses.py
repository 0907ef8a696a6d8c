"""The training loss, and the two auxiliary losses of the paper's "what did not work" (spec.md, Auxiliary losses)."""

import layer as llama


def cross_entropy(logits, targets, loss_weights):
    """Weighted mean cross-entropy, sum_i w_i CE_i / sum_i w_i, over targets and weights [B, S] (Packing)."""
    chosen = logits.log_softmax(dim=-1).gather(-1, targets[..., None])[..., 0]
    return -(loss_weights * chosen).sum() / loss_weights.sum()


def diversity(noticed, on_fam):
    """Negative entropies of mean attention in one block and layer, [B] (C.4, Eq. 2).

    noticed   probabilities of FAM's queries on all their keys [B, H, F, keys]
    on_fam    probabilities of the tokens on the visible FAMs, out of all their keys [B, H, C, FAM keys]
    """
    def negative_entropy(p):
        return (p * p.log()).sum(-1)

    inputs, fam = noticed.mean((1, 2)), on_fam.mean((1, 2))
    return negative_entropy(inputs) + negative_entropy(fam / fam.sum(-1, keepdim=True))


def reconstruction(weights, at, config, received, q, new, place, output):
    """Mean squared error in one block and layer, [B] (C.5): the layer runs the block's rows again, with the keys and
    values of F_tau alone, where it stands for the next block; the layer's output is the target, without gradient.

    received [B, C, d] and q are the block's rows and their queries, new F_tau, place its positions.
    """
    _, k, v = llama.project(weights, at, config, new, place)
    x = received + llama.attend(weights, at, q, k, v)[0]
    x = x + llama.feed_forward(weights, at, config, x)
    return ((x - output.detach()) ** 2).mean((1, 2))
