"""Tiny random checkpoints as transformers itself saves them, and what transformers computes with them.

Each folder of fixtures/ holds config.json and model.safetensors from save_pretrained, and expected.safetensors: `tokens` [2, 23], `logits`
[2, 23, V], computed in float64 from the saved weights and rounded once.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, LlamaConfig, LlamaForCausalLM

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

MODELS = {
    "llama": LlamaForCausalLM(
        LlamaConfig(**COMMON, num_attention_heads=4, num_key_value_heads=2, head_dim=6, rms_norm_eps=1e-5)
    ),
    "llama-tied": LlamaForCausalLM(
        LlamaConfig(**COMMON, num_attention_heads=2, rope_theta=500.0, tie_word_embeddings=True)
    ),
    "gpt_neox": GPTNeoXForCausalLM(GPTNeoXConfig(**NEOX)),
    "gpt_neox-serial": GPTNeoXForCausalLM(
        GPTNeoXConfig(**{**NEOX, "rotary_pct": 1.0}, rotary_emb_base=200, use_parallel_residual=False)
    ),
}


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
        with torch.no_grad():
            logits = model.double()(tokens).logits
        save_file({"tokens": tokens.int(), "logits": logits.float()}, folder / "expected.safetensors")


if __name__ == "__main__":
    main()
