"""Self-checks of the oracle's gradients: finite differences, where gradients stop, and the auxiliary losses."""

import unittest
from math import log
from unittest import mock

import numpy as np
import torch

import direct
import fam as familiar
import losses
import oracle
from support import PRESETS, distance, model
from variant import choices

GROUPED = {"num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": False}


class FiniteDifferences(unittest.TestCase):
    def check(self, changes, length, entries, message, start={}, **how):
        """Autograd against central differences, for random entries of every weight."""
        random = np.random.default_rng(5)
        config, fam, weights, tokens = model(3, length, GROUPED, changes, query_key_scale=0.7)
        targets = torch.tensor(random.integers(0, 13, tokens.shape))
        loss_weights = torch.tensor(random.choice([0, 0.1, 1], tokens.shape))
        *_, gradients = oracle.run(weights, config, fam, tokens, targets, loss_weights, **start, **how)
        self.assertEqual(set(gradients), set(weights))
        auxiliary = {key: how.pop(key, 0) for key in ("diversity", "reconstruction")}

        def loss(name, index, step):
            moved = {**weights, name: weights[name].clone()}
            moved[name].view(-1)[index] += step
            reading = oracle.forward(moved, config, fam, tokens, **start, **how)
            return oracle.objective(reading, targets, loss_weights, **auxiliary).item()

        for name, gradient in gradients.items():
            for index in random.choice(gradient.numel(), entries, replace=False):
                found = (loss(name, index, 1e-5) - loss(name, index, -1e-5)) / 2e-5
                expected = gradient.reshape(-1)[index].item()
                error = abs(found - expected) / max(1, gradient.abs().max().item())
                self.assertLess(error, 1e-7, f"{message}: {name} {index}")

    def test_presets(self):
        for name, changes in PRESETS.items():
            # The size of F_{-1} has no gradient, nor what AutoCompressor kept after its second block.
            if name != "fam-norm-initial":
                self.check(changes, 8 if name == "autocompressor" else 14, 1, name)

    def test_handed_in(self):
        random = np.random.default_rng(6)
        for variant in ("fam", "fam-norm"):
            start = {"handed": [torch.tensor(random.standard_normal((2, 3, 16))) for _ in range(2)],
                     "carried": torch.tensor([True, False])}
            self.check({"memory_segments": 1, "fam_length": 3, "variant": variant}, 14, 3, variant, start)

    def test_starts_and_windows(self):
        self.check(PRESETS["fam-n"], 22, 1, "fam-n", starts=[[0, 3], [0, 1, 4]], layer_windows=[3, None])

    def test_size_of_the_prompt(self):
        """With the size of F_{-1} at rest, the gradient of normalised FAM is that of finite differences."""
        sizes, original = {}, torch.Tensor.detach

        def recorded(x):
            if x.shape != (1, 1, 1):
                return original(x)
            index = recorded.calls = recorded.calls + 1
            return original(sizes.setdefault(index, original(x)))

        original_forward = oracle.forward

        def forward(*arguments, **how):
            recorded.calls = 0
            return original_forward(*arguments, **how)

        with mock.patch.object(torch.Tensor, "detach", recorded), mock.patch.object(oracle, "forward", forward):
            self.check(PRESETS["fam-norm-initial"], 14, 1, "fam-norm-initial")
        self.assertTrue(sizes)

    def test_diversity(self):
        for name in ("fam", "fam-n", "sum"):
            self.check(PRESETS[name], 14, 1, name, diversity=0.7)

    def test_reconstruction(self):
        """With the layers' outputs at rest, which as targets have no gradient."""
        targets, original, original_forward = {}, losses.reconstruction, oracle.forward

        def at_rest(weights, at, config, received, q, new, place, output):
            at_rest.calls += 1
            return original(weights, at, config, received, q, new, place, targets.setdefault(at_rest.calls, output))

        def forward(*arguments, **how):
            at_rest.calls = 0
            return original_forward(*arguments, **how)

        for name in ("fam-norm", "fam-n", "sum"):
            targets.clear()
            with mock.patch.object(losses, "reconstruction", at_rest), mock.patch.object(oracle, "forward", forward):
                self.check(PRESETS[name], 14, 1, name, reconstruction=0.5)


class Stopped(unittest.TestCase):
    def reached(self, changes, of, stop_gradient="none", length=20, **how):
        """Which blocks of 4 the gradient of the loss on block `of` reaches, and whether it reaches the prompt."""
        config, fam, weights, _ = model(length=length, fam_changes=changes)
        weights = {name: w.requires_grad_() for name, w in weights.items()}
        embedding = weights["model.embed_tokens.weight"]
        # Every token has an embedding of its own, and the head is not tied to them.
        config["tie_word_embeddings"], weights["lm_head.weight"] = False, embedding
        own = torch.randn(length, 16, dtype=torch.float64, generator=torch.manual_seed(1)).requires_grad_()
        weights["model.embed_tokens.weight"] = own
        tokens = torch.arange(length)[None]
        reading = oracle.forward(weights, config, fam, tokens, stop_gradient=stop_gradient, **how)
        value = reading.logits[:, 4 * of:4 * of + 4].sin().sum()
        learned = [w for name, w in weights.items() if name.startswith("fam.")]
        of_tokens, *of_learned = torch.autograd.grad(value, [own, *learned], materialize_grads=True)
        blocks = {block for block in range(length // 4) if of_tokens[4 * block:4 * block + 4].abs().max() > 0}
        return blocks, any(g.abs().max().item() > 0 for g in of_learned)

    def test_memory(self):
        for name in ("bswa", "bswa-sinks", "swa", "txl", "fm"):
            self.assertEqual(self.reached(PRESETS[name], 4, "memory"), ({4}, False), name)
            self.assertIn(3, self.reached(PRESETS[name], 4)[0], name)
        self.assertEqual(self.reached(PRESETS["fam"], 4, "memory"), ({0, 1, 2, 3, 4}, True))

    def test_fam(self):
        for name, changes in PRESETS.items():
            if changes.get("fam_length"):
                changes = {**changes, "memory_segments": 0, "sinks": 0}
                kept = name in ("sum", "autocompressor")  # static queries; embeddings, in what blocks make
                self.assertEqual(self.reached(changes, 4, "fam")[0], {4}, name)
                self.assertFalse(self.reached(changes, 4, "fam")[1], name)
                self.assertTrue(self.reached(changes, 0, "fam")[1] or kept, name)
                if name != "autocompressor":
                    self.assertEqual(self.reached(changes, 4), ({0, 1, 2, 3, 4}, True), name)
        self.assertEqual(self.reached(PRESETS["fam-n"] | {"memory_segments": 0}, 1, "fam"), ({1}, True))

    def test_autocompressor(self):
        """The gradient passes from block 2 to 3 and from 3 to 2, never past a block with an odd number (tau = 1, 3)."""
        changes = {**PRESETS["autocompressor"], "max_summaries": 9}
        for of, blocks in ((0, {0}), (1, {0, 1}), (2, {2}), (3, {2, 3}), (4, {4})):
            self.assertEqual(self.reached(changes, of)[0], blocks)
        self.assertEqual(self.reached(changes, 3, starts=[[0, 1]])[0], {3})
        self.assertEqual(self.reached(changes, 2, starts=[[0, 1]])[0], {1, 2})


class Auxiliary(unittest.TestCase):
    def test_uniform(self):
        """Without queries all probabilities are equal: the negative entropies are -log of their numbers."""
        config, fam, weights, tokens = model(fam_changes={**PRESETS["fam-n"], "memory_segments": 0})
        weights = {name: 0 * w if "q_proj" in name else w for name, w in weights.items()}
        found = oracle.forward(weights, config, fam, tokens).diversity
        for block in range(6):
            keys = 3 * min(2, block + 1)
            expected = torch.tensor(-log(keys + 4) - log(keys)).double()
            self.assertLess(distance(found[:, block], expected), 1e-6)

    def test_perfect(self):
        """Where values say nothing, keys do not matter, and FAM reconstructs everything."""
        config, fam, weights, tokens = model(fam_changes=PRESETS["fam"])
        weights = {name: 0 * w if "v_proj" in name else w for name, w in weights.items()}
        self.assertLess(oracle.forward(weights, config, fam, tokens).reconstruction.max().item(), 1e-20)

    def test_reconstruction_written_out(self):
        """In one layer, by a Llama written directly, over [F_tau | block], whose tokens see F_tau alone."""
        for position, place in (("last", [1, 2, 3]), ("float", [3.25, 3.5, 3.75])):
            changes = {"fam_length": 3, "position": position}
            config, fam, weights, tokens = model(model_changes={"num_hidden_layers": 1}, fam_changes=changes)
            reading = oracle.forward(weights, config, fam, tokens)
            updates = reading.handed_on["fam.0"]
            first = weights["fam.prompt"].expand(2, 1, -1, -1)
            before = familiar.positions(choices(fam), 0)
            own, visible = torch.arange(4.0), torch.ones(7, 7, dtype=torch.bool).tril()
            for block in range(6):
                x = weights["model.embed_tokens.weight"][tokens[:, 4 * block:4 * block + 4]]
                fam_before = (first if block == 0 else updates[:, block - 1:block])[:, 0]

                def outputs(fam, place, visible):
                    rows = torch.cat([fam, x], dim=1)
                    return direct.layers(weights, config, rows, visible, torch.cat([place, own]))[:, 3:]

                alone = visible.clone()
                alone[3:, 3:] = False
                again = outputs(updates[:, block], torch.tensor(place), alone)
                expected = ((again - outputs(fam_before, before, visible)) ** 2).mean((1, 2))
                self.assertLess(distance(reading.reconstruction[:, block, 0], expected), 1e-12)


if __name__ == "__main__":
    unittest.main()
