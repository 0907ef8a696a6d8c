"""Self-checks of the oracle: the invariants of spec.md, its gradients, and the fixtures on disk.

    python3 -m unittest discover -s tooling/oracle
"""

import json
import unittest

import numpy as np
import torch
import torch.nn.functional as nn

import generate
import oracle

torch.set_num_threads(1)


def model(seed=0, length=24, model_changes={}, fam_changes={}, **options):
    """Config, FAM part, float64 weights and tokens of a small random model."""
    config, fam = {**generate.MODEL, **model_changes}, {**generate.FAM, **fam_changes}
    arrays = generate.inputs(config, fam, seed, length, **options)
    weights = {name[8:]: torch.tensor(value).double() for name, value in arrays.items() if name.startswith("weights.")}
    return config, fam, weights, torch.tensor(arrays["input.tokens"]).long()


def replaced(tokens, position):
    """The tokens with another token at one position."""
    changed = tokens.clone()
    changed[:, position] = (changed[:, position] + 1) % generate.MODEL["vocab_size"]
    return changed


def distance(a, b):
    return (a - b).abs().max().item()


class Invariants(unittest.TestCase):
    def test_causality(self):
        """Changing token t changes no logit before t, and changes the one at t (invariant 1)."""
        for variant in ("fam", "fam-norm"):
            changes = {"memory_segments": 1, "fam_length": 3, "variant": variant}
            config, fam, weights, tokens = model(length=14, fam_changes=changes)
            logits, _ = oracle.forward(weights, config, fam, tokens)
            for t in range(tokens.shape[1]):
                other, _ = oracle.forward(weights, config, fam, replaced(tokens, t))
                self.assertTrue(torch.equal(other[:, :t], logits[:, :t]), f"token {t} leaks into the past")
                self.assertGreater(distance(other[:, t], logits[:, t]), 1e-3)

    def test_fam_reach(self):
        """With m = 0, token 0 reaches the last logit many blocks later if and only if F > 0 (invariant 2)."""
        for F in (0, 1, 3):
            config, fam, weights, tokens = model(length=40, fam_changes={"fam_length": F})
            logits, _ = oracle.forward(weights, config, fam, tokens)
            other, _ = oracle.forward(weights, config, fam, replaced(tokens, 0))
            change = distance(other[:, -1], logits[:, -1])
            self.assertGreater(change, 1e-3) if F else self.assertEqual(change, 0)

    def test_receptive_field(self):
        """BSWA sees back to the first token of block tau - L m, and not one token further (invariant 3)."""
        for L, m in ((1, 1), (2, 1), (2, 2), (3, 1)):
            config, fam, weights, tokens = model(
                length=27, model_changes={"num_hidden_layers": L}, fam_changes={"memory_segments": m})
            logits, _ = oracle.forward(weights, config, fam, tokens)
            first = (26 // 4 - L * m) * 4
            for t in range(27):
                other, _ = oracle.forward(weights, config, fam, replaced(tokens, t))
                self.assertEqual(distance(other[:, -1], logits[:, -1]) > 0, t >= first, f"L {L}, m {m}, token {t}")

    def test_full_causal_attention(self):
        """F = 0 and a block longer than the text is a Llama written directly, by other formulas (invariant 4)."""
        changes = {"num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": False}
        config, fam, weights, tokens = model(length=20, model_changes=changes, fam_changes={"block_size": 32})
        logits, updates = oracle.forward(weights, config, fam, tokens)
        self.assertEqual(updates, [])
        self.assertLess(distance(logits, direct_llama(weights, config, tokens)), 1e-12)

    def test_translation(self):
        """Only differences of positions matter: an offset changes nothing (invariant 6)."""
        for position in ("last", "float"):
            changes = {"memory_segments": 1, "fam_length": 3, "position": position}
            config, fam, weights, tokens = model(fam_changes=changes)
            here, fam_here = oracle.forward(weights, config, fam, tokens)
            there, fam_there = oracle.forward(weights, config, fam, tokens, offset=12345)
            self.assertLess(distance(there, here) / here.abs().max(), 1e-12)
            for a, b in zip(fam_there, fam_here):
                self.assertLess(distance(a, b) / b.abs().max(), 1e-12)

    def test_batch_rows_are_independent(self):
        config, fam, weights, tokens = model(fam_changes={"memory_segments": 1, "fam_length": 3})
        both, _ = oracle.forward(weights, config, fam, tokens)
        alone, _ = oracle.forward(weights, config, fam, tokens[1:])
        self.assertLess(distance(both[1:], alone), 1e-12)


class HandedIn(unittest.TestCase):
    def test_continues(self):
        """With m = 0 a text cut at a block border goes on from the FAM handed over, as if never cut."""
        for variant in ("fam", "fam-norm"):
            config, fam, weights, tokens = model(length=22, fam_changes={"fam_length": 3, "variant": variant})
            logits, updates = oracle.forward(weights, config, fam, tokens)
            _, before = oracle.forward(weights, config, fam, tokens[:, :12])
            handed, carried = [u[:, -1] for u in before], torch.tensor([True, True])
            rest, after = oracle.forward(weights, config, fam, tokens[:, 12:], handed, carried, offset=12)
            self.assertLess(distance(rest, logits[:, 12:]), 1e-12)
            self.assertLess(distance(after[0], updates[0][:, 3:]), 1e-12)

    def test_carried_is_per_row(self):
        """A row that is not carried ignores what was handed in; a carried row does not."""
        config, fam, weights, tokens = model(fam_changes={"fam_length": 3})
        fresh, _ = oracle.forward(weights, config, fam, tokens)
        handed = [torch.randn(2, 3, 16, dtype=torch.float64, generator=torch.manual_seed(layer)) for layer in range(2)]
        mixed, _ = oracle.forward(weights, config, fam, tokens, handed, torch.tensor([True, False]))
        self.assertTrue(torch.equal(mixed[1], fresh[1]))
        self.assertGreater(distance(mixed[0], fresh[0]), 1e-3)

    def test_first_residual(self):
        """Handing in the prompt's own F_{-1} still differs from starting with it: the first residual (First update)."""
        config, fam, weights, tokens = model(fam_changes={"fam_length": 3})
        own = [x.expand(2, -1, -1) for x in oracle.initial_fam(weights, config, fam, 0)]
        fresh, _ = oracle.forward(weights, config, fam, tokens)
        kept, _ = oracle.forward(weights, config, fam, tokens, own, torch.tensor([True, True]))
        self.assertTrue(torch.equal(kept[:, :4], fresh[:, :4]))
        self.assertGreater(distance(kept[:, 4:], fresh[:, 4:]), 1e-3)


class Fam(unittest.TestCase):
    def test_updates(self):
        """One update per full block; a partial block updates nothing; normalised FAM has root mean square 1."""
        for variant in ("fam", "fam-norm"):
            for length, blocks in ((3, 0), (4, 1), (11, 2), (12, 3)):
                config, fam, weights, tokens = model(length=length, fam_changes={"fam_length": 2, "variant": variant})
                for update in oracle.forward(weights, config, fam, tokens)[1]:
                    self.assertEqual(list(update.shape), [2, blocks, 2, 16])
                    if variant == "fam-norm" and blocks:
                        self.assertLess(distance((update ** 2).mean(-1), torch.tensor(1.0)), 1e-5)

    def test_positions(self):
        at = {name: oracle.fam_positions({"fam_length": 3, "position": name}, 10).tolist()
              for name in ("last", "float", "zero")}
        self.assertEqual(at, {"last": [7, 8, 9], "float": [9.25, 9.5, 9.75], "zero": [0, 0, 0]})


class Gradients(unittest.TestCase):
    def test_finite_differences(self):
        """Autograd against central differences, for three random entries of every weight."""
        changes = {"num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": False}
        random = np.random.default_rng(5)
        for variant in ("fam", "fam-norm"):
            config, fam, weights, tokens = model(
                3, 14, changes, {"memory_segments": 1, "fam_length": 3, "variant": variant}, query_key_scale=0.7)
            targets = torch.tensor(random.integers(0, 13, tokens.shape))
            loss_weights = torch.tensor(random.choice([0, 0.1, 1], tokens.shape))
            handed = [torch.tensor(random.standard_normal((2, 3, 16))) for _ in range(2)]
            start = {"handed": handed, "carried": torch.tensor([True, False])}
            *_, gradients = oracle.run(weights, config, fam, tokens, targets, loss_weights, **start)
            self.assertEqual(set(gradients), set(weights))

            def loss(name, index, step):
                moved = {**weights, name: weights[name].clone()}
                moved[name].view(-1)[index] += step
                return oracle.loss(oracle.forward(moved, config, fam, tokens, **start)[0], targets, loss_weights).item()

            for name, gradient in gradients.items():
                for index in random.choice(gradient.numel(), 3, replace=False):
                    found = (loss(name, index, 1e-5) - loss(name, index, -1e-5)) / 2e-5
                    expected = gradient.reshape(-1)[index].item()
                    error = abs(found - expected) / max(1, gradient.abs().max().item())
                    self.assertLess(error, 1e-7, f"{name} {index}")


class Fixtures(unittest.TestCase):
    def test_current(self):
        """Each file on disk holds what generate.py and the oracle make today; none is missing, none is left over."""
        self.assertEqual({path.stem for path in generate.FOLDER.glob("*.safetensors")}, set(generate.CASES))
        for name in generate.CASES:
            stored, metadata = generate.read(generate.FOLDER / f"{name}.safetensors")
            config, fam, about, arrays = generate.case(name)
            self.assertEqual(metadata, {"config": json.dumps(config), "fam": json.dumps(fam), "about": about})
            outputs = generate.answers(arrays, config, fam)
            self.assertEqual(set(stored), set(arrays) | set(outputs))
            for key, value in arrays.items():
                self.assertTrue(np.array_equal(stored[key], value), f"{name} {key}")
            for key, value in outputs.items():
                value = value.numpy()
                self.assertLessEqual(np.abs(stored[key] - value).max(), 1e-6 * np.abs(value).max(), f"{name} {key}")

    def test_well_conditioned(self):
        """In float32 the oracle itself errs at most a fifth of what the parity tests allow (1e-5, gradients 1e-4)."""
        for name in generate.CASES:
            config, fam, _, arrays = generate.case(name)
            exact = generate.answers(arrays, config, fam)
            for key, value in generate.answers(arrays, config, fam, torch.float32).items():
                allowed = 1e-4 if key.startswith("gradient.") else 1e-5
                self.assertLess(distance(value, exact[key]) / exact[key].abs().max(), allowed / 5, f"{name} {key}")


def direct_llama(weights, config, tokens):
    """Llama with full causal attention by torch's own functions, RoPE as a product of complex numbers."""
    d, D, H, G = (config[k] for k in ("hidden_size", "head_dim", "num_attention_heads", "num_key_value_heads"))
    B, S = tokens.shape
    angle = torch.outer(torch.arange(S).double(), config["rope_theta"] ** (-torch.arange(0, D, 2).double() / D))
    turn = torch.polar(torch.ones_like(angle), angle)

    def rope(x):
        y = torch.complex(x[..., :D // 2], x[..., D // 2:]) * turn
        return torch.cat([y.real, y.imag], -1)

    x = nn.embedding(tokens, weights["model.embed_tokens.weight"])
    for layer in range(config["num_hidden_layers"]):
        w = {k.removeprefix(f"model.layers.{layer}."): v for k, v in weights.items()}
        h = nn.rms_norm(x, [d], w["input_layernorm.weight"], config["rms_norm_eps"])
        q, k, v = (nn.linear(h, w[f"self_attn.{p}_proj.weight"]).reshape(B, S, -1, D).transpose(1, 2) for p in "qkv")
        group = torch.arange(H) // (H // G)
        mixed = nn.scaled_dot_product_attention(rope(q), rope(k)[:, group], v[:, group], is_causal=True)
        x = x + nn.linear(mixed.transpose(1, 2).reshape(B, S, H * D), w["self_attn.o_proj.weight"])
        h = nn.rms_norm(x, [d], w["post_attention_layernorm.weight"], config["rms_norm_eps"])
        h = nn.silu(nn.linear(h, w["mlp.gate_proj.weight"])) * nn.linear(h, w["mlp.up_proj.weight"])
        x = x + nn.linear(h, w["mlp.down_proj.weight"])
    x = nn.rms_norm(x, [d], weights["model.norm.weight"], config["rms_norm_eps"])
    return nn.linear(x, weights["lm_head.weight"])


if __name__ == "__main__":
    unittest.main()
