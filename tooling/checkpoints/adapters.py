"""Adapters as PEFT itself saves them over fixtures/, what PEFT computes with them, and what it and transformers compute with ours.

Each folder of adapters/ is one that PEFT saved, with expected.safetensors: `tokens` [2, 23] and PEFT's `logits` [2, 23, V] in float64, rounded
once. both/ has the logits of two of them at once. ours/ is written by FAM.js (packages/zoo/test/our-memories.ts), read back by PEFT, and so is merged/, what famjs
merge makes, by transformers.
"""

import json
import subprocess
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

HERE = Path(__file__).parent
OUT = HERE / "adapters"
COMMON = dict(task_type="CAUSAL_LM")

#: Each with the checkpoint that it is over.
ADAPTERS = {
    "llama": ("llama", dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"])),
    "llama-rslora": (
        "llama",
        dict(
            r=3,
            lora_alpha=5,
            use_rslora=True,
            target_modules="all-linear",
            exclude_modules=["k_proj"],
            rank_pattern={"mlp.up_proj": 2, r"^model\.layers\.1\.self_attn\.[qv]_proj": 5},
            alpha_pattern={"o_proj": 11, r"layers\.\d\.mlp\.gate_proj": 3},
        ),
    ),
    "llama-pattern": (
        "llama",
        dict(r=2, lora_alpha=3, target_modules=r".*\.layers\.1\..*(q|gate)_proj"),
    ),
    "llama-layers": (
        "llama",
        dict(r=2, lora_alpha=4, target_modules=["k_proj", "up_proj"], layers_to_transform=[1], layers_pattern="layers"),
    ),
    "phi3": ("phi3", dict(r=3, lora_alpha=6, target_modules=["qkv_proj", "gate_up_proj"])),
    "phi3-partial": ("phi3-partial", dict(r=3, lora_alpha=6, target_modules=["qkv_proj", "o_proj"])),
    "gpt_neox": ("gpt_neox", dict(r=4, lora_alpha=4, target_modules=["query_key_value", "dense_h_to_4h"])),
}


def base(name):
    return AutoModelForCausalLM.from_pretrained(HERE / "fixtures" / name, dtype=torch.float32)


def drawn(model, seed):
    """LoRA begins with B of zeros: all its weights are drawn instead."""
    generator = torch.Generator().manual_seed(seed)
    for name, weight in model.named_parameters():
        if "lora_" in name:
            weight.data = torch.randn(weight.shape, generator=generator) * 0.3


def logits(model, tokens):
    with torch.no_grad():
        return model.eval().double()(tokens).logits.float().contiguous()


def main() -> None:
    tokens = torch.randint(0, 29, (2, 23), generator=torch.Generator().manual_seed(7))
    for seed, (name, (checkpoint, config)) in enumerate(ADAPTERS.items()):
        model = get_peft_model(base(checkpoint), LoraConfig(**COMMON, **config))
        drawn(model, seed)
        model.peft_config["default"].base_model_name_or_path = checkpoint
        model.save_pretrained(OUT / name)
        (OUT / name / "README.md").unlink(missing_ok=True)
        settings = json.loads((OUT / name / "adapter_config.json").read_text())
        if isinstance(settings["target_modules"], list):
            settings["target_modules"].sort()
        (OUT / name / "adapter_config.json").write_text(json.dumps(settings, indent=2) + "\n")
        loaded = PeftModel.from_pretrained(base(checkpoint), OUT / name)
        save_file({"tokens": tokens.int(), "logits": logits(loaded, tokens)}, OUT / name / "expected.safetensors")
    both = PeftModel.from_pretrained(base("llama"), OUT / "llama", adapter_name="one")
    both.load_adapter(OUT / "llama-rslora", adapter_name="two")
    both.base_model.set_adapter(["one", "two"])
    save_file({"tokens": tokens.int(), "logits": logits(both, tokens)}, OUT / "both.safetensors")

    subprocess.run(["node", "--conditions=@famjs/source", "--import", "tsx", "packages/zoo/test/our-memories.ts"], check=True, cwd=HERE.parent.parent)
    ours = {}
    for checkpoint in ("llama", "phi3-partial", "gpt_neox"):
        folder = OUT / "ours" / checkpoint
        ours[checkpoint] = logits(PeftModel.from_pretrained(base(checkpoint), folder), tokens)
        merged = AutoModelForCausalLM.from_pretrained(OUT / "merged" / checkpoint, dtype=torch.float32)
        ours[f"{checkpoint}.merged"] = logits(merged, tokens)
    halves = PeftModel.from_pretrained(base("llama"), OUT / "ours" / "llama-f16")
    ours["llama-f16"] = logits(halves, tokens)
    save_file({"tokens": tokens.int(), **ours}, OUT / "ours.safetensors")


if __name__ == "__main__":
    main()
