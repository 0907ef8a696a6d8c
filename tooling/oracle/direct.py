"""Llama written a second time, by other formulas: torch's own functions, RoPE as a product of complex numbers."""

import torch
import torch.nn.functional as nn


def llama(weights, config, x, visible=None):
    """Logits [B, S, V] of embedded tokens x [B, S, d]; causal attention, or what `visible` [S, S] says."""
    return head(weights, config, layers(weights, config, x, visible))


def head(weights, config, x):
    x = nn.rms_norm(x, [x.shape[-1]], weights["model.norm.weight"], config["rms_norm_eps"])
    return nn.linear(x, weights.get("lm_head.weight", weights["model.embed_tokens.weight"]))


def layers(weights, config, x, visible=None, positions=None):
    """The last layer's output [B, S, d]; positions [S] are 0, 1, ... unless given."""
    d, D, H, G = (config[k] for k in ("hidden_size", "head_dim", "num_attention_heads", "num_key_value_heads"))
    B, S, _ = x.shape
    visible = torch.ones(S, S, dtype=torch.bool).tril() if visible is None else visible
    positions = torch.arange(S) if positions is None else positions
    angle = torch.outer(positions.double(), config["rope_theta"] ** (-torch.arange(0, D, 2).double() / D))
    turn = torch.polar(torch.ones_like(angle), angle)

    def rope(x):
        y = torch.complex(x[..., :D // 2], x[..., D // 2:]) * turn
        return torch.cat([y.real, y.imag], -1)

    for layer in range(config["num_hidden_layers"]):
        w = {k.removeprefix(f"model.layers.{layer}."): v for k, v in weights.items()}
        h = nn.rms_norm(x, [d], w["input_layernorm.weight"], config["rms_norm_eps"])
        q, k, v = (nn.linear(h, w[f"self_attn.{p}_proj.weight"]).reshape(B, S, -1, D).transpose(1, 2) for p in "qkv")
        group = torch.arange(H) // (H // G)
        mixed = nn.scaled_dot_product_attention(rope(q), rope(k)[:, group], v[:, group], attn_mask=visible)
        x = x + nn.linear(mixed.transpose(1, 2).reshape(B, S, H * D), w["self_attn.o_proj.weight"])
        h = nn.rms_norm(x, [d], w["post_attention_layernorm.weight"], config["rms_norm_eps"])
        h = nn.silu(nn.linear(h, w["mlp.gate_proj.weight"])) * nn.linear(h, w["mlp.up_proj.weight"])
        x = x + nn.linear(h, w["mlp.down_proj.weight"])
    return x
