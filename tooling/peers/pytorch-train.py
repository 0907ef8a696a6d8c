"""A peer of `famjs bench training`: the same run in PyTorch, float32, with autograd and its own fused attention. See README.md.

Llamas with TransformerFAM (variants bswa, fam, fam-norm; FAM at the positions before its block; no disturbances), whole or with LoRA.
"""
import json
import resource
import sys
import time

seconds = time.process_time if sys.argv[2:] == ["--clock", "cpu"] else time.perf_counter
import torch
import torch.nn.functional as F
from safetensors.torch import load_file


def linear(m, name, x):
    """x W^T, and s (x A^T) B^T of each adapter on it."""
    y = F.linear(x, m.weights[name + ".weight"])
    for adapter, lora in m.adapters.items():
        if name in lora["maps"]:
            down, up = (m.weights[f"{name}.lora_{part}.{adapter}.weight"] for part in "AB")
            sizes = lora["maps"][name]
            y = y + sizes["alpha"] / sizes["rank"] * F.linear(F.linear(x, down), up)
    return y


class Model:
    def __init__(self, folder):
        with open(folder + "/run.json") as file:
            run = json.load(file)
        self.weights = load_file(folder + "/weights.safetensors")
        self.adapters, self.config, fam = run["adapters"], run["config"], run["fam"]
        assert fam["variant"] in ("bswa", "fam", "fam-norm") and fam["position"] == "last", fam
        assert self.config["model_type"] == "llama" and not self.config.get("rope_scaling"), self.config
        self.fam_length = fam["fam_length"]
        self.segments, self.sinks = fam["memory_segments"], fam.get("sinks", 0)
        self.norm = fam.get("norm", "unit") if fam["variant"] == "fam-norm" else None
        self.layers = range(self.config["num_hidden_layers"])
        self.heads, self.groups = self.config["num_attention_heads"], self.config["num_key_value_heads"]
        theta = self.config.get("rope_theta") or self.config["rope_parameters"]["rope_theta"]
        half = self.config["head_dim"] // 2
        self.frequencies = theta ** (-torch.arange(half, dtype=torch.float32) / half)
        trained = [self.weights[name].requires_grad_() for name in run["trained"]]
        self.trained, chosen = trained, run["optimizer"]
        assert chosen["name"] == "adamw", chosen
        decay = chosen["weightDecay"]
        self.optimizer = torch.optim.AdamW(
            [{"params": [w for w in trained if w.dim() > 1], "weight_decay": decay},
             {"params": [w for w in trained if w.dim() <= 1], "weight_decay": decay if chosen["decayVectors"] else 0}],
            lr=run["rate"], betas=(chosen["beta1"], chosen["beta2"]), eps=chosen["epsilon"])
        self.clip = chosen["clipNorm"]

    def normed(self, x, name=None):
        return F.rms_norm(x, x.shape[-1:], name and self.weights[name], self.config["rms_norm_eps"])

    def rotated(self, x, positions):
        angles = positions[:, None] * self.frequencies
        cos, sin = angles.cos(), angles.sin()
        first, second = x.chunk(2, dim=-1)
        return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)

    def projected(self, at, x, positions):
        x = self.normed(x, at + "input_layernorm.weight")
        split = lambda name, count: linear(self, f"{at}self_attn.{name}_proj", x).unflatten(-1, (count, -1)).transpose(1, 2)
        q, k, v = split("q", self.heads), split("k", self.groups), split("v", self.groups)
        return self.rotated(q, positions), self.rotated(k, positions), v

    def attended(self, at, q, k, v, visible=None):
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=visible, enable_gqa=True)
        return linear(self, at + "self_attn.o_proj", mixed.transpose(1, 2).flatten(2))

    def fed_forward(self, at, x):
        x = self.normed(x, at + "post_attention_layernorm.weight")
        gate, up = linear(self, at + "mlp.gate_proj", x), linear(self, at + "mlp.up_proj", x)
        return linear(self, at + "mlp.down_proj", F.silu(gate) * up)

    def beginning(self):
        """FAM before the first block, layer by layer: what each receives when the prompt runs through the model."""
        x, received = self.weights["fam.prompt"][None], []
        for layer in self.layers:
            at = f"model.layers.{layer}."
            received.append(x)
            q, k, v = self.projected(at, x, torch.arange(-self.fam_length, 0))
            x = x + self.attended(at, q, k, v)
            x = x + self.fed_forward(at, x)
        return received

    def hidden(self, tokens):
        """Activations behind the last layer [B, S, d], block by block."""
        rows, blocks = len(tokens), tokens.split(self.block_size, dim=1)
        first = self.beginning() if self.fam_length else None
        fams = first and [fam.expand(rows, -1, -1) for fam in first]
        sinks, segments = [None for _ in self.layers], [[] for _ in self.layers]
        out = []
        for index, block in enumerate(blocks):
            x = F.embedding(block, self.weights["model.embed_tokens.weight"])
            for layer in self.layers:
                at, n, start = f"model.layers.{layer}.", x.shape[1], index * self.block_size
                received, places = x, torch.arange(start, start + n)
                if fams:
                    places = torch.cat([places, torch.arange(start - self.fam_length, start)])
                    x = torch.cat([x, fams[layer]], dim=1)
                q, k, v = self.projected(at, x, places)
                keys, values = [k[:, :, n:], k[:, :, :n]], [v[:, :, n:], v[:, :, :n]]
                kept = segments[layer]
                before = [([a for a, _ in kept]), ([b for _, b in kept])]
                if self.sinks and index > self.segments:
                    stand = start - self.segments * self.block_size - self.sinks + torch.arange(self.sinks)
                    _, a, b = self.projected(at, sinks[layer], stand)
                    before = [[a, *before[0]], [b, *before[1]]]
                seen = torch.cat([*before[0], *keys], dim=2)
                read = torch.cat([*before[1], *values], dim=2)
                visible = torch.ones(n, seen.shape[2], dtype=torch.bool).tril(seen.shape[2] - n)
                own = torch.cat(keys, dim=2), torch.cat(values, dim=2)
                tokens_read = self.attended(at, q[:, :, :n], seen, read, visible)
                if fams:
                    noticed = self.attended(at, q[:, :, n:], *own)
                    residual = fams[layer] if index > 0 else 0
                    both = torch.cat([x[:, :n] + tokens_read, noticed + residual], dim=1)
                else:
                    both = x + tokens_read
                both = both + self.fed_forward(at, both)
                x = both[:, :n]
                if fams and n == self.block_size:
                    fams[layer] = self.updated(both[:, n:], first[layer])
                if index == 0 and self.sinks:
                    sinks[layer] = received[:, :self.sinks]
                if self.segments:
                    segments[layer] = (kept + [(k[:, :, :n], v[:, :, :n])])[-self.segments:]
            out.append(x)
        return torch.cat(out, dim=1)

    def updated(self, fam, first):
        if self.norm:
            fam = self.normed(fam)
        if self.norm == "initial":
            fam = fam * first.square().mean((1, 2), keepdim=True).sqrt().detach()
        return fam

    def step(self, rows, blockSize, tokens, places, labels, weights):
        began = seconds()
        self.block_size = blockSize
        x = self.hidden(torch.tensor(tokens).view(rows, -1)).flatten(0, 1)[torch.tensor(places)]
        head = "model.embed_tokens" if self.config["tie_word_embeddings"] else "lm_head"
        logits = F.linear(self.normed(x, "model.norm.weight"), self.weights[head + ".weight"])
        weights = torch.tensor(weights)
        loss = (F.cross_entropy(logits, torch.tensor(labels), reduction="none") * weights).sum() / weights.sum()
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, self.clip)
        self.optimizer.step()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return {"loss": loss.item(), "seconds": seconds() - began, "peakBytes": peak}


def say(line):
    print(json.dumps(line), flush=True)


def main():
    model = Model(sys.argv[1])
    say({"name": f"PyTorch {torch.__version__}, float32"})
    for line in sys.stdin:
        say(model.step(**json.loads(line)))


main()
