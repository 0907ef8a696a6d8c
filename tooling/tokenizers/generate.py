"""What the Rust `tokenizers` make of real texts, and Jinja of real chat templates: what the JavaScript ones are held to.

    pnpm real
    pip install -r tooling/tokenizers/requirements.txt
    python tooling/tokenizers/generate.py

For every line of the texts a CRC-32 of its ids goes to fixtures/<tokenizer>.json, and all ids of the lines in lines.json; the
chats go to fixtures/chats.json.
"""

import base64
import json
import os
import pathlib
import zlib

import gguf
import tokenizers
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

here = pathlib.Path(__file__).parent
cache = os.environ.get("FAMJS_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "famjs"
)
real = pathlib.Path(cache) / "real"
NORMAL, USER_DEFINED = 1, 4


def notes_of_smollm2() -> dict:
    return gguf.GGUFReader(real / "models/SmolLM2-135M-Instruct.Q4_1.gguf").fields


def smollm2() -> Tokenizer:
    """The vocabulary of the GGUF file: digits one by one, then byte-level BPE; no token is added to a text."""
    fields = notes_of_smollm2()
    read = lambda name: fields[f"tokenizer.ggml.{name}"].contents()
    tokens, kinds = read("tokens"), read("token_type")
    merges = [tuple(merge.split(" ")) for merge in read("merges")]
    tokenizer = Tokenizer(models.BPE({token: id for id, token in enumerate(tokens)}, merges))
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token, kind in zip(tokens, kinds) if kind != NORMAL]
    )
    digits = pre_tokenizers.Digits(individual_digits=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def lines_of(name: str, most: int | None = None) -> list[str]:
    return (real / "texts" / f"{name}.txt").read_text("utf-8").split("\n")[:most]


system, user, reply = (lambda text: {"role": "system", "content": text}, lambda text: {"role": "user", "content": text},
                       lambda text: {"role": "assistant", "content": text})
conversations = [
    [user("Name three fruits.")],
    [user(" What is 2 + 2? "), reply("It is 4."), user("And 3 + 3?\n")],
    [system("Be brief."), user("Who hid the letter?"), reply("Jane did."), user("Why?"), reply("Out of love.")],
]


def chats() -> dict[str, list[str]]:
    """Every conversation by every template that there is, before a reply and without one, as transformers renders it."""
    jinja = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
    jinja.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    configs = {name: json.loads((real / "tokenizers" / name / "tokenizer_config.json").read_text("utf-8"))
               for name in ["llama3", "qwen3", "gemma3"]}
    template = notes_of_smollm2()["tokenizer.chat_template"].contents()
    configs["smollm2"] = {"chat_template": template, "bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}
    content = lambda token: token["content"] if isinstance(token, dict) else token
    return {
        name: [
            jinja.from_string(config["chat_template"]).render(
                messages=messages, add_generation_prompt=wanted,
                **{key: content(token) for key, token in config.items() if key.endswith("_token") and token}
            )
            for messages in conversations
            for wanted in [True, False]
        ]
        for name, config in configs.items()
    }


def main() -> None:
    (here / "fixtures").mkdir(exist_ok=True)
    said = {"conversations": conversations, "texts": chats()}
    (here / "fixtures" / "chats.json").write_text(json.dumps(said, indent=1) + "\n", "utf-8")
    texts = {"declarations": None, "emma": 600, "moby-dick": 300}
    lines = [line for name, most in texts.items() for line in lines_of(name, most)]
    edges = json.loads((here / "lines.json").read_text("utf-8"))
    folders = {name: real / "tokenizers" / name for name in ["llama2", "llama3", "qwen3", "gemma3"]}
    found = {name: Tokenizer.from_file(str(folder / "tokenizer.json")) for name, folder in folders.items()}
    for name, tokenizer in {**found, "smollm2": smollm2()}.items():
        ids = [tokenizer.encode(line).ids for line in lines]
        checks = b"".join(zlib.crc32(" ".join(map(str, each)).encode()).to_bytes(4, "little") for each in ids)
        content = {
            "tokenizers": tokenizers.__version__,
            "texts": texts,
            "lines": base64.b64encode(checks).decode(),
            "edges": [tokenizer.encode(line).ids for line in edges],
            "decoded": [tokenizer.decode(tokenizer.encode(line).ids) for line in edges],
        }
        (here / "fixtures" / f"{name}.json").write_text(json.dumps(content) + "\n", "utf-8")
        print(name, len(lines), "lines,", sum(map(len, ids)), "tokens")


main()
