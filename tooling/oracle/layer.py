"""The pieces of one Llama layer: norm, RoPE, projections, attention, feed-forward, and the head on top.

Weights are a flat map of named tensors; `at` is the prefix of a layer's names. Shapes: B rows, n activations, d width,
H query heads, G key/value heads, D head width, V vocabulary.
"""

import torch


def prefix(layer):
    return f"model.layers.{layer}."


def rms_norm(x, eps):
    """x / sqrt(mean(x^2) + eps) over the width, without a gain."""
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps)


def rotate(x, positions, theta):
    """RoPE, half-split layout (spec.md, Positions): x [B, heads, n, D] at positions [n], which may be fractions."""
    half = x.shape[-1] // 2
    frequencies = theta ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = positions[:, None] * frequencies[None, :]
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def project(weights, at, config, x, positions):
    """Q, K, V of the activations x [B, n, d], each [B, H, n, D]; Q and K rotated, K and V repeated per group.

    Query head h reads key/value head floor(h / (H / G)).
    """
    x = rms_norm(x, config["rms_norm_eps"]) * weights[at + "input_layernorm.weight"]

    def heads(name, count):
        flat = x @ weights[at + f"self_attn.{name}_proj.weight"].T
        return flat.view(x.shape[0], x.shape[1], count, config["head_dim"]).transpose(1, 2)

    H, G, theta = config["num_attention_heads"], config["num_key_value_heads"], config["rope_theta"]
    q = rotate(heads("q", H), positions, theta)
    k = rotate(heads("k", G), positions, theta)
    v = heads("v", G)
    return q, k.repeat_interleave(H // G, dim=1), v.repeat_interleave(H // G, dim=1)


def attend(weights, at, q, k, v, visible=None):
    """Softmax attention, then Wo: [B, n, d], and the probabilities [B, H, queries, keys].

    `visible` [queries, keys] is true where a query may look; None is everywhere.
    """
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    if visible is not None:
        scores = scores.masked_fill(~visible, float("-inf"))
    probabilities = scores.softmax(dim=-1)
    mixed = (probabilities @ v).transpose(1, 2).flatten(2)
    return mixed @ weights[at + "self_attn.o_proj.weight"].T, probabilities


def feed_forward(weights, at, config, x):
    """down(silu(gate(x)) * up(x)) of the normed x: the FF(norm(.)) of Algorithm 2, without its residual."""
    x = rms_norm(x, config["rms_norm_eps"]) * weights[at + "post_attention_layernorm.weight"]
    gate = x @ weights[at + "mlp.gate_proj.weight"].T
    up = x @ weights[at + "mlp.up_proj.weight"].T
    return (gate * torch.sigmoid(gate) * up) @ weights[at + "mlp.down_proj.weight"].T


def final_norm(weights, config, x):
    return rms_norm(x, config["rms_norm_eps"]) * weights["model.norm.weight"]


def head(weights, config, x):
    """Logits [B, n, V] of normed activations; the head may be tied to the embedding."""
    tied = config["tie_word_embeddings"]
    return x @ weights["model.embed_tokens.weight" if tied else "lm_head.weight"].T
