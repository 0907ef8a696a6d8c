"""PaLM (Chowdhery et al., 2022) as TransformerFAM uses it, for which transformers has no class: our reading of both papers.

Multi-query or multi-head attention with rotary positions, SwiGLU, RMSNorm, no biases, and attention and feed-forward side by side over one
norm, or one after the other. Heads are d / H wide; the output projection is the embedding, unless the configuration says otherwise.
Written for the expectations alone: plain loops over heads, rotations as complex numbers, no code of transformers.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn


@dataclass
class Config:
    vocab_size: int = 29
    hidden_size: int = 24
    intermediate_size: int = 48
    num_hidden_layers: int = 2
    num_attention_heads: int = 2
    num_key_value_heads: int = 2
    rms_norm_eps: float = 1e-6
    rope_theta: float = 10000.0
    max_position_embeddings: int = 64
    use_parallel_residual: bool = True
    tie_word_embeddings: bool = True


class Norm(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(config.hidden_size))
        self.eps = config.rms_norm_eps

    def forward(self, x):
        return self.weight * x / (x.square().mean(-1, keepdim=True) + self.eps).sqrt()


def turned(x, theta):
    """Each pair (j, j + D/2) of x [S, D] as a complex number, turned by its position times its frequency."""
    half = x.shape[-1] // 2
    frequencies = theta ** (-torch.arange(half, dtype=x.dtype) / half)
    angles = torch.outer(torch.arange(x.shape[0], dtype=x.dtype), frequencies)
    pairs = torch.complex(x[:, :half], x[:, half:]) * torch.polar(torch.ones_like(angles), angles)
    return torch.cat([pairs.real, pairs.imag], -1)


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        d, width = config.hidden_size, config.hidden_size // config.num_attention_heads
        self.width, self.theta = width, config.rope_theta
        self.q_proj = nn.Linear(d, config.num_attention_heads * width, bias=False)
        self.k_proj = nn.Linear(d, config.num_key_value_heads * width, bias=False)
        self.v_proj = nn.Linear(d, config.num_key_value_heads * width, bias=False)
        self.o_proj = nn.Linear(config.num_attention_heads * width, d, bias=False)

    def forward(self, x):
        return torch.stack([self.of_text(text) for text in x])

    def of_text(self, text):
        queries, keys, values = (
            projection(text).split(self.width, -1) for projection in (self.q_proj, self.k_proj, self.v_proj)
        )
        shared = len(queries) // len(keys)
        hidden = torch.ones(len(text), len(text), dtype=torch.bool).triu(1)
        heads = []
        for index, query in enumerate(queries):
            key, value = keys[index // shared], values[index // shared]
            scores = turned(query, self.theta) @ turned(key, self.theta).T / self.width**0.5
            heads.append(scores.masked_fill(hidden, float("-inf")).softmax(-1) @ value)
        return self.o_proj(torch.cat(heads, -1))


class FeedForward(nn.Module):
    def __init__(self, config):
        super().__init__()
        d, inner = config.hidden_size, config.intermediate_size
        self.gate_proj = nn.Linear(d, inner, bias=False)
        self.up_proj = nn.Linear(d, inner, bias=False)
        self.down_proj = nn.Linear(inner, d, bias=False)

    def forward(self, x):
        gate = self.gate_proj(x)
        return self.down_proj(gate * gate.sigmoid() * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.input_layernorm = Norm(config)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = None if config.use_parallel_residual else Norm(config)
        self.mlp = FeedForward(config)

    def forward(self, x):
        normed = self.input_layernorm(x)
        attended = x + self.self_attn(normed)
        if self.post_attention_layernorm is None:
            return attended + self.mlp(normed)
        return attended + self.mlp(self.post_attention_layernorm(attended))


class Body(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = Norm(config)

    def forward(self, tokens):
        x = self.embed_tokens(tokens)
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class Palm(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.model = Body(config)
        if not config.tie_word_embeddings:
            self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    def forward(self, tokens):
        x = self.model(tokens)
        return x @ self.model.embed_tokens.weight.T if self.config.tie_word_embeddings else self.lm_head(x)

    def save_pretrained(self, folder):
        Path(folder).mkdir(parents=True, exist_ok=True)
        save_file(self.state_dict(), Path(folder) / "model.safetensors", metadata={"format": "pt"})
        content = {"model_type": "palm", "hidden_act": "silu", **asdict(self.config)}
        (Path(folder) / "config.json").write_text(json.dumps(content, indent=2) + "\n")
