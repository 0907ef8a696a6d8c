"""A peer of `famjs bench model`: PyTorch, eager, by `transformers`. See README.md."""
import json
import os
import resource
import sys
import time
import warnings

os.environ["TQDM_DISABLE"] = "1"
warnings.simplefilter("ignore")

seconds = time.process_time if sys.argv[2:] == ["--clock", "cpu"] else time.perf_counter
started = seconds()
import torch
import transformers

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()


def load(place):
    kind = transformers.AutoModelForCausalLM
    if not place.endswith(".gguf"):
        return kind.from_pretrained(place, dtype=torch.float32)
    folder, name = place.rsplit("/", 1)
    return kind.from_pretrained(folder, gguf_file=name, dtype=torch.float32)


def say(line):
    print(json.dumps(line), flush=True)


@torch.inference_mode()
def run(model, tokens, write):
    began = seconds()
    out = model(torch.tensor([tokens]), use_cache=True, logits_to_keep=1)
    read = seconds() - began
    began = seconds()
    for _ in range(write):
        token = out.logits[:, -1:].argmax(-1)
        out = model(token, past_key_values=out.past_key_values, use_cache=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"read": read, "write": seconds() - began, "peakBytes": peak}


def main():
    model = load(sys.argv[1]).eval()
    name = f"transformers {transformers.__version__}, PyTorch {torch.__version__}, float32"
    say({"name": name, "loaded": seconds() - started})
    for line in sys.stdin:
        asked = json.loads(line)
        say(run(model, asked["tokens"], asked["write"]))


main()
