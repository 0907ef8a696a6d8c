"""The oracle of FAM.js: a Llama-style causal language model with TransformerFAM, written to be read, not to be fast.

It is the plain block-by-block loop of spec.md, in torch, with autograd for the gradients: one block at a time, one
layer at a time, no batching over blocks, absolute positions throughout. It shares no code with the TypeScript packages:
their schedules and backends are right when they agree with what this file computes in float64.

A model is a flat map of named tensors, `weights`, with Hugging Face's llama names and layouts (projections are
[out, in]), plus `fam.prompt` [F, d]; `lm_head.weight` is absent when the head is tied to the embedding.
`config` is Hugging Face's llama config as a dict, `fam` has these keys:

    block_size       C    tokens per block
    memory_segments  m    past blocks whose keys and values stay visible
    fam_length       F    FAM activations per layer; 0 is block sliding window attention (BSWA), with no FAM at all
    variant               "fam", or "fam-norm": FAM is scaled to root mean square 1 after each update
    position              "last", "float" or "zero": where FAM stands for RoPE, see `fam_positions`

Everything is computed in the dtype of the weights. Shapes below: B rows, S tokens, n activations, d width, H query
heads, G key/value heads, D head width, T full blocks, V vocabulary. Sections in comments are those of spec.md.
"""

import torch


# ---- The pieces of a Llama layer -------------------------------------------------------------------------------------

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
    """Softmax attention, then Wo: [B, n, d]. `visible` [queries, keys] is true where a query may look; None is all."""
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    if visible is not None:
        scores = scores.masked_fill(~visible, float("-inf"))
    mixed = scores.softmax(dim=-1) @ v
    return mixed.transpose(1, 2).flatten(2) @ weights[at + "self_attn.o_proj.weight"].T


def feed_forward(weights, at, config, x):
    """down(silu(gate(x)) * up(x)) of the normed x: the FF(norm(.)) of Algorithm 2, without its residual."""
    x = rms_norm(x, config["rms_norm_eps"]) * weights[at + "post_attention_layernorm.weight"]
    gate = x @ weights[at + "mlp.gate_proj.weight"].T
    up = x @ weights[at + "mlp.up_proj.weight"].T
    return (gate * torch.sigmoid(gate) * up) @ weights[at + "mlp.down_proj.weight"].T


# ---- FAM -------------------------------------------------------------------------------------------------------------

def fam_positions(fam, start):
    """Where the F FAM activations stand, as queries and as keys, for the block that starts at `start` (Positions).

    last   the last F positions before the block: start-F ... start-1
    float  evenly between the position before the block and the block's first: start - 1 + (i+1)/(F+1)
    zero   all at absolute position 0, whatever the block
    """
    F = fam["fam_length"]
    i = torch.arange(F, dtype=torch.float64)
    if fam["position"] == "last":
        return start - F + i
    if fam["position"] == "float":
        return start - 1 + (i + 1) / (F + 1)
    if fam["position"] == "zero":
        return 0 * i
    raise ValueError(f"position is {fam['position']!r}, expected 'last', 'float' or 'zero'")


def initial_fam(weights, config, fam, start):
    """F_{-1} of each layer, [1, F, d] (Initial FAM): what the layer receives when the prompt alone runs through the
    layers, like ordinary activations but with full attention among them, at the FAM positions of the first block."""
    x = weights["fam.prompt"][None]
    positions = fam_positions(fam, start)
    received = []
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        received.append(x)
        q, k, v = project(weights, at, config, x, positions)
        x = x + attend(weights, at, q, k, v)
        x = x + feed_forward(weights, at, config, x)
    return received


# ---- The model -------------------------------------------------------------------------------------------------------

def forward(weights, config, fam, tokens, handed=None, carried=None, offset=0):
    """Runs tokens [B, S] (integers) block by block.

    handed    optional, one FAM [B, F, d] per layer to start from instead of the prompt's F_{-1}
    carried   with `handed`: [B] booleans. A carried row starts from its handed FAM and keeps its residual at block 0;
              any other row ignores it and starts from the prompt, with a zero residual (First update).
    offset    absolute position of the first token

    Returns the logits [B, S, V] and, per layer, FAM after each full block [B, T, F, d] (an empty list when F = 0).
    Memory segments are empty at the start, also when FAM was handed in.
    """
    C, m, F = fam["block_size"], fam["memory_segments"], fam["fam_length"]
    if fam["variant"] not in ("fam", "fam-norm"):
        raise ValueError(f"variant is {fam['variant']!r}, expected 'fam' or 'fam-norm'")
    embedding = weights["model.embed_tokens.weight"]
    head = embedding if config["tie_word_embeddings"] else weights["lm_head.weight"]
    eps = config["rms_norm_eps"]
    rows, length = tokens.shape
    layers = range(config["num_hidden_layers"])

    # The state, per layer: FAM, the residual of its next update, and (K, V) of the last m blocks.
    state, residual, memory = [], [], [[] for _ in layers]
    if F > 0:
        state = [x.expand(rows, -1, -1) for x in initial_fam(weights, config, fam, offset)]
        residual = [torch.zeros_like(x) for x in state]
        if handed is not None:
            keep = carried[:, None, None]
            residual = [torch.where(keep, given, zero) for given, zero in zip(handed, residual)]
            state = [torch.where(keep, given, own) for given, own in zip(handed, state)]
    updates = [[] for _ in state]

    logits = []
    for begin in range(0, length, C):
        x = embedding[tokens[:, begin:begin + C]]
        n = x.shape[1]
        start = offset + begin
        positions = start + torch.arange(n, dtype=torch.float64)

        for layer in layers:
            at = f"model.layers.{layer}."
            q, k, v = project(weights, at, config, x, positions)

            # Keys in the order [ memory segments | FAM | the block itself ] (One layer, one block).
            before = list(memory[layer])
            if F > 0:
                qf, kf, vf = project(weights, at, config, state[layer], fam_positions(fam, start))
                before.append((kf, vf))
            keys = torch.cat([key for key, _ in before] + [k], dim=2)
            values = torch.cat([value for _, value in before] + [v], dim=2)

            # A token sees all that came before the block, and the block up to and including itself.
            earlier = torch.ones(n, keys.shape[2] - n, dtype=torch.bool)
            itself = torch.ones(n, n, dtype=torch.bool).tril()
            x = x + attend(weights, at, q, keys, values, torch.cat([earlier, itself], dim=1))
            x = x + feed_forward(weights, at, config, x)

            # FAM sees itself and the whole block, never the memory segments, and only once the block is full
            # (Partial blocks). It is replaced after the tokens have read F_{tau-1} (Order of the two rows).
            if F > 0 and n == C:
                a = residual[layer] + attend(weights, at, qf, torch.cat([kf, k], dim=2), torch.cat([vf, v], dim=2))
                new = a + feed_forward(weights, at, config, a)
                if fam["variant"] == "fam-norm":
                    new = rms_norm(new, eps)
                state[layer] = residual[layer] = new
                updates[layer].append(new)

            if m > 0:
                memory[layer] = (memory[layer] + [(k, v)])[-m:]

        logits.append((rms_norm(x, eps) * weights["model.norm.weight"]) @ head.T)

    empty = embedding.new_zeros(rows, 0, F, embedding.shape[1])
    return torch.cat(logits, dim=1), [torch.stack(u, dim=1) if u else empty for u in updates]


def loss(logits, targets, loss_weights):
    """Weighted mean cross-entropy, sum_i w_i CE_i / sum_i w_i, over targets and weights [B, S] (Packing)."""
    chosen = logits.log_softmax(dim=-1).gather(-1, targets[..., None])[..., 0]
    return -(loss_weights * chosen).sum() / loss_weights.sum()


def run(weights, config, fam, tokens, targets, loss_weights, **start):
    """Logits, FAM per layer, loss, and the gradient of the loss for every weight; `start` goes to `forward`."""
    leaves = {name: w.detach().clone().requires_grad_() for name, w in weights.items()}
    logits, updates = forward(leaves, config, fam, tokens, **start)
    value = loss(logits, targets, loss_weights)
    gradients = torch.autograd.grad(value, list(leaves.values()))
    return logits.detach(), [u.detach() for u in updates], value.detach(), dict(zip(leaves, gradients))
