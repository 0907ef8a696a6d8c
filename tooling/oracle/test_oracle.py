"""Self-checks of the oracle: the invariants of spec.md, for every preset.

    python3 -m unittest discover -s tooling/oracle
"""

import unittest

import torch

import direct
import fam as familiar
import oracle
from support import FAM_PRESETS, PRESETS, distance, model, replaced
from variant import choices


def embedded(weights, tokens):
    return weights["model.embed_tokens.weight"][tokens]


class Invariants(unittest.TestCase):
    def test_causality(self):
        """Changing token t changes no logit before t, and changes the one at t (invariant 1)."""
        for name, changes in PRESETS.items():
            config, fam, weights, tokens = model(length=14, fam_changes=changes)
            logits = oracle.forward(weights, config, fam, tokens).logits
            for t in range(tokens.shape[1]):
                other = oracle.forward(weights, config, fam, replaced(tokens, t)).logits
                self.assertTrue(torch.equal(other[:, :t], logits[:, :t]), f"{name}: token {t} leaks into the past")
                self.assertGreater(distance(other[:, t], logits[:, t]), 1e-3)

    def test_reach(self):
        """Token 0 reaches the last logit many blocks later through FAM, M, summaries, feedback memory and sinks, and
        not at all without them (invariant 2)."""
        far = {"fam", "bswa-sinks", "fm", "rmt", "autocompressor", "sum", *FAM_PRESETS}
        for name, changes in PRESETS.items():
            if name == "fam":
                changes = {**changes, "sinks": 0}
            config, fam, weights, tokens = model(length=38, fam_changes=changes)
            logits = oracle.forward(weights, config, fam, tokens).logits
            other = oracle.forward(weights, config, fam, replaced(tokens, 0)).logits
            change = distance(other[:, -1], logits[:, -1])
            self.assertGreater(change, 1e-9, name) if name in far else self.assertEqual(change, 0, name)

    def check_receptive_field(self, first, length, config, fam, weights, tokens, message):
        logits = oracle.forward(weights, config, fam, tokens).logits
        for t in range(length):
            other = oracle.forward(weights, config, fam, replaced(tokens, t)).logits
            self.assertEqual(distance(other[:, -1], logits[:, -1]) > 0, t >= first, f"{message}, token {t}")

    def test_receptive_field(self):
        """BSWA sees back to the first token of block tau - L m, and not one token further (invariant 3)."""
        for L, m in ((1, 1), (2, 1), (2, 2), (3, 1)):
            changes = {"variant": "bswa", "memory_segments": m}
            made = model(length=27, model_changes={"num_hidden_layers": L}, fam_changes=changes)
            self.check_receptive_field((26 // 4 - L * m) * 4, 27, *made, f"L {L}, m {m}")

    def test_receptive_field_of_windows(self):
        """A window of W tokens sees L (W - 1) tokens back, and not one token further."""
        for L, changes, W in ((1, {"variant": "swa", "window": 7}, 7), (2, {"variant": "swa", "window": 6}, 6),
                              (3, {"variant": "swa", "window": 2}, 2), (2, {"variant": "swa", "window": 1}, 1),
                              (2, {"variant": "txl", "memory_segments": 2}, 8)):
            made = model(length=27, model_changes={"num_hidden_layers": L}, fam_changes=changes)
            self.check_receptive_field(26 - L * (W - 1), 27, *made, f"L {L}, {changes}")

    def test_full_causal_attention(self):
        """F = 0 and a block longer than the text is a Llama written directly, by other formulas (invariant 4)."""
        changes = {"num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": False}
        config, fam, weights, tokens = model(length=20, model_changes=changes, fam_changes={"block_size": 32})
        reading = oracle.forward(weights, config, fam, tokens)
        self.assertEqual(reading.handed_on, {})
        self.assertLess(distance(reading.logits, direct.llama(weights, config, embedded(weights, tokens))), 1e-12)

    def test_windows_are_bands(self):
        """`swa` and `txl` do not depend on blocks: they are causal attention with a band as its mask."""
        ago = torch.arange(27)[:, None] - torch.arange(27)
        for C in (2, 4, 5):
            for changes, W in (({"variant": "swa", "window": 7}, 7), ({"variant": "swa", "window": 3}, 3),
                               ({"variant": "txl", "memory_segments": 2}, 2 * C)):
                config, fam, weights, tokens = model(length=27, fam_changes={**changes, "block_size": C})
                expected = direct.llama(weights, config, embedded(weights, tokens), (ago >= 0) & (ago < W))
                self.assertLess(distance(oracle.forward(weights, config, fam, tokens).logits, expected), 1e-12)

    def test_translation(self):
        """Only differences of positions matter: an offset changes nothing (invariant 6)."""
        for name, changes in PRESETS.items():
            for position in ("last", "float") if fam_allows_position(changes) else ("last",):
                config, fam, weights, tokens = model(fam_changes={**changes, "position": position})
                here = oracle.forward(weights, config, fam, tokens)
                there = oracle.forward(weights, config, fam, tokens, offset=12345)
                self.assertLess(distance(there.logits, here.logits) / here.logits.abs().max(), 1e-11, name)
                for key, value in here.handed_on.items():
                    self.assertLess(distance(there.handed_on[key], value) / value.abs().max(), 1e-11, f"{name} {key}")

    def test_rows_are_independent(self):
        for name, changes in PRESETS.items():
            config, fam, weights, tokens = model(fam_changes=changes)
            both = oracle.forward(weights, config, fam, tokens).logits
            alone = oracle.forward(weights, config, fam, tokens[1:]).logits
            self.assertLess(distance(both[1:], alone), 1e-10, name)

    def test_starts(self):
        """A document does not depend on those before it in its row, and is what it would be alone."""
        for name, changes in PRESETS.items():
            config, fam, weights, tokens = model(length=22, fam_changes=changes)
            starts = [[0, 3], [0, 1, 4]]
            reading = oracle.forward(weights, config, fam, tokens, starts=starts)
            self.assertEqual(list(reading.logits.shape), [2, 22, 13])
            other = oracle.forward(weights, config, fam, replaced(tokens, 11), starts=starts).logits
            self.assertTrue(torch.equal(other[0, 12:], reading.logits[0, 12:]), name)
            self.assertTrue(torch.equal(other[1, 16:], reading.logits[1, 16:]), name)
            self.assertGreater(distance(other[1, 12:16], reading.logits[1, 12:16]), 1e-9, name)
            alone = oracle.forward(weights, config, fam, tokens[1:, 4:16]).logits
            self.assertLess(distance(reading.logits[1:, 4:16], alone), 1e-10, name)


def fam_allows_position(changes):
    return changes.get("fam_length", 0) > 0 and changes["variant"] not in ("rmt", "autocompressor")


class HandedIn(unittest.TestCase):
    def test_continues(self):
        """With m = 0 a text cut at a block border goes on from the FAM handed over, as if never cut."""
        for name in FAM_PRESETS:
            changes = {**PRESETS[name], "memory_segments": 0, "sinks": 0, "visible": 1}
            config, fam, weights, tokens = model(length=22, fam_changes=changes)
            whole = oracle.forward(weights, config, fam, tokens)
            before = oracle.forward(weights, config, fam, tokens[:, :12])
            handed, carried = [u[:, -1] for u in before.handed_on.values()], torch.tensor([True, True])
            rest = oracle.forward(weights, config, fam, tokens[:, 12:], handed=handed, carried=carried, offset=12)
            self.assertLess(distance(rest.logits, whole.logits[:, 12:]), 1e-10, name)
            self.assertLess(distance(rest.handed_on["fam.0"], whole.handed_on["fam.0"][:, 3:]), 1e-10, name)

    def test_carried_is_per_row(self):
        """A row that is not carried ignores what was handed in; a carried row does not."""
        config, fam, weights, tokens = model(fam_changes={"fam_length": 3})
        fresh = oracle.forward(weights, config, fam, tokens).logits
        handed = [torch.randn(2, 3, 16, dtype=torch.float64, generator=torch.manual_seed(layer)) for layer in range(2)]
        carried = torch.tensor([True, False])
        mixed = oracle.forward(weights, config, fam, tokens, handed=handed, carried=carried).logits
        self.assertTrue(torch.equal(mixed[1], fresh[1]))
        self.assertGreater(distance(mixed[0], fresh[0]), 1e-3)

    def test_first_residual(self):
        """Handing in the prompt's own F_{-1} still differs from starting with it: the first residual (First update)."""
        config, fam, weights, tokens = model(fam_changes={"fam_length": 3})
        own = [x.expand(2, -1, -1) for x in familiar.initial(weights, config, choices(fam), 0)]
        fresh = oracle.forward(weights, config, fam, tokens).logits
        kept = oracle.forward(weights, config, fam, tokens, handed=own, carried=torch.tensor([True, True])).logits
        self.assertTrue(torch.equal(kept[:, :4], fresh[:, :4]))
        self.assertGreater(distance(kept[:, 4:], fresh[:, 4:]), 1e-3)


if __name__ == "__main__":
    unittest.main()
