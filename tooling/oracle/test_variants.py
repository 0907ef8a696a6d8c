"""Self-checks of the oracle: what each variant must be, where that can be said another way."""

import unittest

import torch

import direct
import fam as familiar
import oracle
from support import FAM_PRESETS, PRESETS, distance, model, replaced
from variant import choices


def embedded(weights, tokens):
    return weights["model.embed_tokens.weight"][tokens]


def logits(weights, config, fam, tokens, **how):
    return oracle.forward(weights, config, fam, tokens, **how).logits


class Fam(unittest.TestCase):
    def test_updates(self):
        """One update per full block; a partial block updates nothing."""
        for name, changes in PRESETS.items():
            for length, blocks in ((3, 0), (4, 1), (11, 2), (12, 3)):
                config, fam, weights, tokens = model(length=length, fam_changes=changes)
                reading = oracle.forward(weights, config, fam, tokens)
                F = fam["fam_length"]
                self.assertEqual(bool(reading.handed_on), F > 0, name)
                for update in reading.handed_on.values():
                    self.assertEqual(list(update.shape), [2, blocks, F, 16], name)
                if reading.diversity is not None:
                    self.assertEqual(list(reading.diversity.shape), [2, blocks, 2], name)
                    self.assertEqual(list(reading.reconstruction.shape), [2, blocks, 2], name)

    def test_norm(self):
        """Normalised FAM has root mean square 1, or that of all of the layer's F_{-1}."""
        for name in ("fam-norm", "fam-norm-initial"):
            config, fam, weights, tokens = model(fam_changes=PRESETS[name])
            first = familiar.initial(weights, config, choices(fam), 0)
            for update, start in zip(oracle.forward(weights, config, fam, tokens).handed_on.values(), first):
                size = (start ** 2).mean().sqrt() if name == "fam-norm-initial" else torch.tensor(1.0)
                self.assertLess(distance((update ** 2).mean(-1).sqrt(), size), 1e-4)

    def test_without_fam(self):
        """`fam_length` 0 of any fam preset is bswa."""
        config, fam, weights, tokens = model(fam_changes=PRESETS["bswa"])
        expected = logits(weights, config, fam, tokens)
        for name in FAM_PRESETS:
            changes = {**PRESETS[name], "fam_length": 0, "sinks": 0}
            self.assertTrue(torch.equal(logits(weights, config, {**fam, **changes}, tokens), expected), name)

    def test_visible(self):
        """One visible FAM of fam-n is fam; more change nothing before they are there."""
        config, fam, weights, tokens = model(fam_changes={**PRESETS["fam-n"], "visible": 1})
        one = logits(weights, config, fam, tokens)
        self.assertTrue(torch.equal(one, logits(weights, config, {**fam, "variant": "fam"}, tokens)))
        for n in (2, 3):
            more = logits(weights, config, {**fam, "visible": n}, tokens)
            seen = logits(weights, config, {**fam, "visible": n - 1}, tokens)
            first = 4 * (n - 1)
            self.assertTrue(torch.equal(more[:, :first], seen[:, :first]))
            self.assertGreater(distance(more[:, first:first + 4], seen[:, first:first + 4]), 1e-6)

    def test_visible_written_out(self):
        """In one layer, tokens and FAM of a block by a Llama written directly, over [F_{tau-2} | F_{tau-1} | block]."""
        config, fam, weights, tokens = model(
            length=20, model_changes={"num_hidden_layers": 1}, fam_changes={**PRESETS["fam-n"], "memory_segments": 0})
        reading = oracle.forward(weights, config, fam, tokens)
        first = weights["fam.prompt"].expand(2, 1, -1, -1)
        fams = torch.cat([first, reading.handed_on["fam.0"]], dim=1)
        positions = torch.tensor([-7, -6, -5, -3, -2, -1, 0, 1, 2, 3])
        visible = torch.ones(10, 10, dtype=torch.bool).tril()
        visible[:6] = True
        for block in range(1, 5):
            x = embedded(weights, tokens[:, 4 * block:4 * block + 4])
            rows = torch.cat([fams[:, block - 1], fams[:, block], x], dim=1)
            expected = direct.layers(weights, config, rows, visible, positions)
            self.assertLess(distance(fams[:, block + 1], expected[:, 3:6]), 1e-12)
            expected = direct.head(weights, config, expected[:, 6:])
            self.assertLess(distance(reading.logits[:, 4 * block:4 * block + 4], expected), 1e-12)

    def test_prefixes(self):
        """Prefixes that equal the prompt's F_{-1} make fam-prefix fam."""
        config, fam, weights, tokens = model(fam_changes=PRESETS["fam-norm"] | {"variant": "fam"})
        first = familiar.initial(weights, config, choices(fam), 0)
        prefixes = {**weights, **{f"fam.prefix.{l}": x[0] for l, x in enumerate(first)}}
        other = logits(prefixes, config, {**fam, "variant": "fam-prefix"}, tokens)
        self.assertTrue(torch.equal(other, logits(weights, config, fam, tokens)))

    def test_residual(self):
        """The residual of a carried FAM: kept whole by fam-no-ff, dropped by fam-no-residual and sum."""
        handed = [torch.randn(2, 3, 16, dtype=torch.float64, generator=torch.manual_seed(l)) for l in range(2)]
        for name in ("fam-no-ff", "fam-no-residual", "sum"):
            config, fam, weights, tokens = model(fam_changes=PRESETS[name])
            weights = {k: 0 * w if "o_proj" in k else w for k, w in weights.items()}
            updates = oracle.forward(
                weights, config, fam, tokens, handed=handed, carried=torch.tensor([True, True])).handed_on
            for layer in range(2):
                for block in range(6):
                    expected = handed[layer] if name == "fam-no-ff" else torch.zeros(1).double()
                    self.assertLess(distance(updates[f"fam.{layer}"][:, block], expected), 1e-12, name)

    def test_static_queries(self):
        """`sum` is fam-no-residual but for the query, which matters from the second update on, unless attention is
        uniform."""
        for uniform in (False, True):
            config, fam, weights, tokens = model(fam_changes={**PRESETS["sum"], "visible": 1})
            if uniform:
                weights = {k: 0 * w if "k_proj" in k else w for k, w in weights.items()}
            found = oracle.forward(weights, config, fam, tokens).handed_on
            other = oracle.forward(weights, config, {**fam, "variant": "fam-no-residual"}, tokens).handed_on
            for name, update in found.items():
                self.assertTrue(torch.equal(update[:, 0], other[name][:, 0]))
                same = distance(update[:, 1], other[name][:, 1]) < 1e-12
                self.assertEqual(same, uniform)

    def test_visible_summaries(self):
        """The past goes on through n summaries alone: what they cannot carry is gone."""
        config, fam, weights, tokens = model(
            length=24, model_changes={"num_hidden_layers": 1}, fam_changes={**PRESETS["sum"], "memory_segments": 0})
        carried = torch.tensor([True, True])
        for n, same in ((1, True), (2, False)):
            fam = {**fam, "visible": n}
            whole = oracle.forward(weights, config, fam, tokens).logits[:, 20:]
            handed = [oracle.forward(weights, config, fam, tokens[:, :20]).handed_on["fam.0"][:, -1]]
            rest = oracle.forward(weights, config, fam, tokens[:, 20:], handed=handed, carried=carried).logits
            self.assertEqual(distance(rest, whole) < 1e-12, same)

    def test_positions(self):
        at = {name: familiar.positions(choices({**model()[1], "fam_length": 3, "position": name}), 10).tolist()
              for name in ("last", "float", "zero")}
        self.assertEqual(at, {"last": [7, 8, 9], "float": [9.25, 9.5, 9.75], "zero": [0, 0, 0]})


class Sinks(unittest.TestCase):
    def test_full_attention(self):
        """While everything is visible, sinks change nothing: up to block m it is full attention."""
        changes = {"variant": "bswa", "memory_segments": 3, "sinks": 2}
        config, fam, weights, tokens = model(length=16, fam_changes=changes)
        expected = direct.llama(weights, config, embedded(weights, tokens))
        self.assertLess(distance(logits(weights, config, fam, tokens), expected), 1e-12)

    def test_directly_before(self):
        """In one layer, a later block reads as if the text were [sinks | segments | block]."""
        for m in (0, 1, 2):
            changes = {"variant": "bswa", "memory_segments": m, "sinks": 3}
            config, fam, weights, tokens = model(
                length=24, model_changes={"num_hidden_layers": 1}, fam_changes=changes)
            found = logits(weights, config, fam, tokens)
            for block in range(m + 1, 6):
                text = torch.cat([tokens[:, :3], tokens[:, 4 * (block - m):4 * (block + 1)]], dim=1)
                expected = direct.llama(weights, config, embedded(weights, text))[:, -4:]
                self.assertLess(distance(found[:, 4 * block:4 * (block + 1)], expected), 1e-12)

    def test_no_window_hides_them(self):
        """Up to block m a window with sinks is a band and the first columns."""
        ago = torch.arange(12)[:, None] - torch.arange(12)
        config, fam, weights, tokens = model(length=12, fam_changes={"variant": "swa", "window": 6, "sinks": 2})
        visible = (ago >= 0) & ((ago < 6) | (torch.arange(12) < 2))
        expected = direct.llama(weights, config, embedded(weights, tokens), visible)
        self.assertLess(distance(logits(weights, config, fam, tokens), expected), 1e-12)

    def test_fam_does_not_see_them(self):
        """In the first layer FAM does not depend on sinks; tokens do, from block m + 1 on."""
        config, fam, weights, tokens = model(fam_changes={"memory_segments": 1, "fam_length": 3})
        plain = oracle.forward(weights, config, fam, tokens)
        sinks = oracle.forward(weights, config, {**fam, "sinks": 2}, tokens)
        self.assertTrue(torch.equal(plain.handed_on["fam.0"], sinks.handed_on["fam.0"]))
        self.assertTrue(torch.equal(plain.logits[:, :8], sinks.logits[:, :8]))
        self.assertGreater(distance(plain.logits[:, 8:12], sinks.logits[:, 8:12]), 1e-6)


class LayerWindows(unittest.TestCase):
    def test_equal_windows(self):
        """The same window in every layer, beside enough segments, is swa."""
        config, fam, weights, tokens = model(length=27, fam_changes={"variant": "bswa", "memory_segments": 2})
        expected = logits(weights, config, {**fam, "variant": "swa", "window": 6}, tokens)
        self.assertLess(distance(logits(weights, config, fam, tokens, layer_windows=[6, 6]), expected), 1e-12)

    def test_fam_is_not_bounded(self):
        """A window of 1 in the first layer leaves FAM's updates there as they are."""
        config, fam, weights, tokens = model(fam_changes={"memory_segments": 1, "fam_length": 3})
        plain = oracle.forward(weights, config, fam, tokens).handed_on["fam.0"]
        bound = oracle.forward(weights, config, fam, tokens, layer_windows=[1, None])
        self.assertTrue(torch.equal(plain, bound.handed_on["fam.0"]))
        last, other = (logits(weights, config, fam, text, layer_windows=[1, 1])[:, -1]
                       for text in (tokens, replaced(tokens, 0)))
        self.assertGreater(distance(last, other), 1e-9)


class Recurrence(unittest.TestCase):
    def test_rmt_first_block(self):
        """What reads M_{-1} reads a prompt that was run through the layers: block 0 is that of fam."""
        config, fam, weights, tokens = model(length=4, fam_changes=PRESETS["rmt"])
        expected = logits(weights, config, {**fam, "variant": "fam"}, tokens)
        self.assertLess(distance(logits(weights, config, fam, tokens), expected), 1e-12)

    def test_rmt_goes_on(self):
        """A later block is a first block whose prompt is M of the block before."""
        config, fam, weights, tokens = model(length=14, fam_changes=PRESETS["rmt"])
        reading = oracle.forward(weights, config, fam, tokens)
        for row in (0, 1):
            memory = {**weights, "fam.prompt": reading.handed_on["memory"][row, 1]}
            rest = logits(memory, config, fam, tokens[row:row + 1, 8:])
            self.assertLess(distance(rest, reading.logits[row:row + 1, 8:]), 1e-12)

    def test_rmt_written_out(self):
        """A full block by a Llama written directly, with the mask drawn by hand."""
        config, fam, weights, tokens = model(length=4, fam_changes={**PRESETS["rmt"], "fam_length": 2})
        visible = torch.tensor([[int(c) for c in row] for row in (
            "11000000", "11000000", "11100000", "11110000", "11111000", "11111100", "11111111", "11111111")]).bool()
        memory = weights["fam.prompt"].expand(2, -1, -1)
        rows = torch.cat([memory, embedded(weights, tokens), memory], dim=1)
        expected = direct.llama(weights, config, rows, visible)
        reading = oracle.forward(weights, config, fam, tokens)
        self.assertLess(distance(reading.logits, expected[:, 2:6]), 1e-12)
        written = reading.handed_on["memory"][:, 0] @ weights["model.embed_tokens.weight"].T
        self.assertLess(distance(written, expected[:, 6:]), 1e-12)

    def test_autocompressor_written_out(self):
        """Each block by a Llama written directly, over [kept summaries | tokens | embeddings]."""
        config, fam, weights, tokens = model(length=18, fam_changes=PRESETS["autocompressor"])
        reading = oracle.forward(weights, config, fam, tokens)
        summaries = reading.handed_on["summaries"]
        for block in range(5):
            kept = summaries[:, max(0, block - 2):block].flatten(1, 2)
            x = embedded(weights, tokens[:, 4 * block:4 * (block + 1)])
            new = weights["fam.prompt"].expand(2, -1, -1) if block < 4 else x[:, :0]
            expected = direct.llama(weights, config, torch.cat([kept, x, new], dim=1))[:, kept.shape[1]:]
            n = x.shape[1]
            self.assertLess(distance(reading.logits[:, 4 * block:4 * block + n], expected[:, :n]), 1e-12)
            if block < 4:
                made = summaries[:, block] @ weights["model.embed_tokens.weight"].T
                self.assertLess(distance(made, expected[:, n:]), 1e-12)

    def test_feedback_memory(self):
        """Block 0 is that of bswa; the first layer of block 1 differs already."""
        config, fam, weights, tokens = model(model_changes={"num_hidden_layers": 1}, fam_changes=PRESETS["fm"])
        plain, found = logits(weights, config, {**fam, "variant": "bswa"}, tokens), logits(weights, config, fam, tokens)
        self.assertTrue(torch.equal(found[:, :4], plain[:, :4]))
        self.assertGreater(distance(found[:, 4:8], plain[:, 4:8]), 1e-6)


class Refusals(unittest.TestCase):
    def test_refused(self):
        base = {"block_size": 4, "memory_segments": 0, "fam_length": 0, "position": "last"}
        for changes, windows in (
            ({"variant": "nonsense"}, None), ({"variant": "bswa", "fam_length": 2}, None),
            ({"variant": "bswa", "sinks": 5}, None), ({"variant": "fm", "sinks": 1}, None),
            ({"variant": "txl"}, None), ({"variant": "rmt", "fam_length": 2, "sinks": 1}, None),
            ({"variant": "rmt", "fam_length": 2, "memory_segments": 1}, None),
            ({"variant": "rmt", "fam_length": 2, "position": "zero"}, None),
            ({"variant": "autocompressor", "fam_length": 2}, [None, 3]),
            ({"variant": "fam-norm", "fam_length": 2, "norm": "big"}, None),
        ):
            with self.assertRaises(ValueError, msg=changes):
                choices({**base, **changes}, windows)


if __name__ == "__main__":
    unittest.main()
