"""Tiny random checkpoints as transformers itself saves them, and what transformers computes with them.

Each folder of fixtures/ holds config.json and model.safetensors from save_pretrained, and expected.safetensors: `tokens` [2, 23], `logits`
[2, 23, V] and what each layer gives, `layers.<l>` [2, 23, d], computed in float64 from the saved weights and rounded once. rope.json holds
frequencies and attention factors of positions as config.json tells them.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

sys.path.insert(0, str(Path(__file__).parents[1] / "oracle"))
import palm

HERE = Path(__file__).parent
COMMON = dict(
    vocab_size=29,
    hidden_size=24,
    intermediate_size=40,
    num_hidden_layers=2,
    max_position_embeddings=64,
    bos_token_id=1,
    eos_token_id=2,
)
NEOX = dict(COMMON, num_attention_heads=2, hidden_act="gelu", rotary_pct=0.5, layer_norm_eps=1e-5)
GROUPED = dict(COMMON, num_attention_heads=4, num_key_value_heads=2)
#: Twelve numbers a head: enough frequencies for each to be kept, bent and stretched.
WIDE = dict(COMMON, num_attention_heads=2, tie_word_embeddings=True)


def rope(rope_type, **parameters):
    return dict(rope_parameters=dict(rope_type=rope_type, rope_theta=10000.0, **parameters))


LLAMA3 = dict(factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)
YARN = dict(factor=4.0, original_max_position_embeddings=16)

MODELS = {
    "llama": LlamaForCausalLM(LlamaConfig(**GROUPED, head_dim=6, rms_norm_eps=1e-5)),
    "llama-tied": LlamaForCausalLM(LlamaConfig(**WIDE, rope_theta=500.0)),
    "gpt_neox": GPTNeoXForCausalLM(GPTNeoXConfig(**NEOX)),
    "gpt_neox-serial": GPTNeoXForCausalLM(
        GPTNeoXConfig(**{**NEOX, "rotary_pct": 1.0}, rotary_emb_base=200, use_parallel_residual=False)
    ),
    "llama-biases": LlamaForCausalLM(LlamaConfig(**GROUPED, attention_bias=True, mlp_bias=True)),
    "llama-linear": LlamaForCausalLM(LlamaConfig(**WIDE, **rope("linear", factor=4.0))),
    "llama-dynamic": LlamaForCausalLM(LlamaConfig(**WIDE, **rope("dynamic", factor=2.0))),
    "llama-llama3": LlamaForCausalLM(LlamaConfig(**{**WIDE, "max_position_embeddings": 512}, **rope("llama3", **LLAMA3))),
    "llama-yarn": LlamaForCausalLM(LlamaConfig(**WIDE, **rope("yarn", **YARN))),
    "mistral": MistralForCausalLM(MistralConfig(**GROUPED, sliding_window=6)),
    "qwen2": Qwen2ForCausalLM(Qwen2Config(**GROUPED, tie_word_embeddings=True)),
    "qwen2-window": Qwen2ForCausalLM(
        Qwen2Config(**{**GROUPED, "num_hidden_layers": 3}, use_sliding_window=True, sliding_window=5, max_window_layers=1)
    ),
    "qwen3": Qwen3ForCausalLM(Qwen3Config(**GROUPED, head_dim=8)),
    "gemma3_text": Gemma3ForCausalLM(
        Gemma3TextConfig(
            **{**GROUPED, "num_hidden_layers": 3, "intermediate_size": 24},
            head_dim=8,
            query_pre_attn_scalar=10,
            sliding_window=5,
            sliding_window_pattern=2,
            rope_parameters={
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 50000.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 300.0},
            },
        )
    ),
    "phi3": Phi3ForCausalLM(Phi3Config(**GROUPED, pad_token_id=0)),
    "phi3-partial": Phi3ForCausalLM(
        Phi3Config(
            **COMMON,
            num_attention_heads=2,
            pad_token_id=0,
            sliding_window=7,
            rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
        )
    ),
    "palm": palm.Palm(palm.Config(num_key_value_heads=1)),
    "palm-serial": palm.Palm(palm.Config(use_parallel_residual=False, tie_word_embeddings=False, rope_theta=700.0)),
}

ROPES = [
    dict(rope_type="default"),
    dict(rope_type="linear", factor=3.0),
    dict(rope_type="dynamic", factor=3.0),
    dict(rope_type="llama3", factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8192),
    dict(rope_type="llama3", factor=2.0, low_freq_factor=2.0, high_freq_factor=3.0),
    dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=32768),
    dict(rope_type="yarn", factor=40.0, original_max_position_embeddings=4096, mscale=1.0, mscale_all_dim=0.7),
    dict(rope_type="yarn", factor=16.0, beta_fast=20.0, beta_slow=2.0, truncate=False),
    dict(rope_type="yarn", factor=4.0, attention_factor=1.5, original_max_position_embeddings=1024),
    dict(rope_type="yarn", factor=None, original_max_position_embeddings=2048),
]


def layers_of(model):
    return (model.gpt_neox if hasattr(model, "gpt_neox") else model.model).layers


def expected(model, tokens):
    """What a model computes for tokens, and what each of its layers gives."""
    given = {}
    for index, layer in enumerate(layers_of(model)):
        layer.register_forward_hook(
            lambda _, __, output, index=index: given.update(
                {f"layers.{index}": output[0] if isinstance(output, tuple) else output}
            )
        )
    with torch.no_grad():
        logits = model.double()(tokens)
    return {"logits": getattr(logits, "logits", logits), **given}


def ropes():
    """Frequencies of two head widths and the attention factor of each of ROPES, on a context of 131,072 tokens."""
    for parameters in ROPES:
        for head_dim, theta in ((64, 10000.0), (128, 500000.0)):
            config = LlamaConfig(
                hidden_size=head_dim,
                num_attention_heads=1,
                max_position_embeddings=131072,
                rope_parameters=dict(parameters, rope_theta=theta),
            )
            init = ROPE_INIT_FUNCTIONS.get(parameters["rope_type"])
            plain = 1 / theta ** (torch.arange(0, head_dim, 2).double() / head_dim)
            frequencies, factor = init(config) if init else (plain, 1.0)
            yield dict(
                rope_parameters=dict(parameters, rope_theta=theta),
                head_dim=head_dim,
                frequencies=[float(f"{frequency:.8g}") for frequency in frequencies.tolist()],
                attention_factor=factor,
            )


def main() -> None:
    for seed, (name, model) in enumerate(MODELS.items()):
        torch.manual_seed(seed)
        with torch.no_grad():
            for weight in model.parameters():
                # Wide enough that every part of the model shows in the logits.
                spread = 0.3 if weight.dim() == 1 else 1.5 * weight.shape[1] ** -0.5
                weight.copy_(torch.randn_like(weight) * spread + (1 if weight.dim() == 1 else 0))
        folder = HERE / "fixtures" / name
        model.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        tokens = torch.randint(0, COMMON["vocab_size"], (2, 23))
        outputs = expected(model, tokens)
        floats = {key: value.float().contiguous() for key, value in outputs.items()}
        save_file({"tokens": tokens.int(), **floats}, folder / "expected.safetensors")
    lines = ",\n".join(json.dumps(entry) for entry in ropes())
    (HERE / "rope.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
