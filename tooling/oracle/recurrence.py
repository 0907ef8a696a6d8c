"""Recurrent Memory Transformer and AutoCompressor: blocks hand on rows of the top of the model, and each block runs
through all layers with rows put before and after its tokens (spec.md, Variants: rmt, autocompressor)."""

import torch

import layer as llama
from reading import Reading, stacked


def run(weights, config, x, positions, visible):
    """Activations x [B, n, d] through all layers and the final norm; `visible` [n, n] is the mask."""
    for layer in range(config["num_hidden_layers"]):
        at = llama.prefix(layer)
        x = x + llama.attend(weights, at, *llama.project(weights, at, config, x, positions), visible)[0]
        x = x + llama.feed_forward(weights, at, config, x)
    return llama.final_norm(weights, config, x)


def rmt(weights, config, chosen, tokens, offset=0, stop_gradient="none"):
    """A block is [F read rows | its tokens | F write rows], both kinds of rows M_{tau-1} at their inputs."""
    C, F, rows = chosen.C, chosen.F, len(tokens)
    memory = weights["fam.prompt"].expand(rows, -1, -1)
    logits, memories = [], []
    for begin in range(0, tokens.shape[1], C):
        x = weights["model.embed_tokens.weight"][tokens[:, begin:begin + C]]
        n = x.shape[1]
        writes = F if n == C else 0
        x = torch.cat([memory, x, memory[:, :writes]], dim=1)
        positions = offset + begin - F + torch.arange(F + n + writes, dtype=torch.float64)

        visible = torch.ones(F + n + writes, F + n + writes, dtype=torch.bool).tril()
        visible[:F, :F] = True  # read rows see each other,
        visible[F + n:] = True  # write rows everything

        x = run(weights, config, x, positions, visible)
        logits.append(llama.head(weights, config, x[:, F:F + n]))
        if n == C:
            memory = x[:, F + n:]
            memories.append(memory)
            memory = memory.detach() if stop_gradient == "fam" else memory
    shape = (rows, 0, F, config["hidden_size"])
    return Reading(torch.cat(logits, dim=1), {"memory": stacked(memories, shape, logits[0])})


def autocompressor(weights, config, chosen, tokens, offset=0, stop_gradient="none"):
    """A block is [kept summaries | its tokens | F summary rows], causal throughout."""
    C, F, rows = chosen.C, chosen.F, len(tokens)
    embeddings = weights["fam.prompt"].expand(rows, -1, -1)
    logits, kept, summaries = [], [], []
    for begin in range(0, tokens.shape[1], C):
        x = weights["model.embed_tokens.weight"][tokens[:, begin:begin + C]]
        n, K = x.shape[1], F * len(kept)
        new = F if n == C else 0
        x = torch.cat([*kept, x, embeddings[:, :new]], dim=1)
        positions = offset + begin - K + torch.arange(K + n + new, dtype=torch.float64)

        x = run(weights, config, x, positions, torch.ones(K + n + new, K + n + new, dtype=torch.bool).tril())
        logits.append(llama.head(weights, config, x[:, K:K + n]))
        if n == C:
            summary = x[:, K + n:]
            summaries.append(summary)
            kept = (kept + [summary])[-chosen.max_summaries:]
            if stop_gradient == "fam" or begin // C % 2 == 1:
                kept = [s.detach() for s in kept]
    shape = (rows, 0, F, config["hidden_size"])
    return Reading(torch.cat(logits, dim=1), {"summaries": stacked(summaries, shape, logits[0])})
