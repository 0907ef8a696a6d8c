"""What transformers computes with the checkpoints of fixtures/ as FAM.js writes them.

read_back.json says of each how far its logits are from those of the checkpoint that transformers saved itself, in shares of the largest, and
which files were read, by their SHA-256: a test holds that FAM.js still writes these.
"""

import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
WRITE = ["node", "--conditions=@famjs/source", "--import", "tsx", "tooling/checkpoints/write.ts"]
READ = ["config.json", "model.safetensors"]


def difference(folder: Path) -> float:
    """Between the logits of a folder and those of the fixture of its name; every weight must be read, and none be left over."""
    expected = load_file(HERE / "fixtures" / folder.name / "expected.safetensors")
    model, info = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, output_loading_info=True)
    assert not any(info.values()), (folder.name, info)
    with torch.no_grad():
        logits = model(expected["tokens"].long()).logits
    return float((logits - expected["logits"]).abs().max() / expected["logits"].abs().max())


def main() -> None:
    read = {}
    with tempfile.TemporaryDirectory() as written:
        subprocess.run([*WRITE, written], cwd=ROOT, check=True)
        for folder in sorted(Path(written).iterdir()):
            files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in READ}
            read[folder.name] = {"difference": float(f"{difference(folder):.1e}"), **files}
    report = {"transformers": transformers.__version__, "torch": torch.__version__, "checkpoints": read}
    (HERE / "read_back.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
