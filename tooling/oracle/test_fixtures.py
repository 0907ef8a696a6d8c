"""Self-checks of the fixtures: those on disk are current, and kind enough to float32 to be compared with."""

import unittest

import numpy as np
import torch

import fixture_file
import generate
from support import distance


class Fixtures(unittest.TestCase):
    def test_current(self):
        """Each file on disk holds what generate.py and the oracle make today; none is missing, none is left over."""
        files = {name: rest for name, *rest in generate.files()}
        on_disk = {str(path.relative_to(generate.FOLDER).with_suffix("")) for path in generate.FOLDER.rglob("*.*")}
        self.assertEqual(on_disk, set(files))
        for name, (arrays, answers, metadata) in files.items():
            stored, stored_metadata = fixture_file.read(generate.FOLDER / f"{name}.safetensors")
            self.assertEqual(stored_metadata, metadata)
            outputs = answers()
            self.assertEqual(set(stored), set(arrays) | set(outputs))
            for key, value in arrays.items():
                self.assertTrue(np.array_equal(stored[key], value), f"{name} {key}")
            for key, value in outputs.items():
                value = value.numpy()
                self.assertLessEqual(np.abs(stored[key] - value).max(), 1e-6 * np.abs(value).max(), f"{name} {key}")

    def test_well_conditioned(self):
        """In float32 the oracle errs at most a quarter of what parity tests allow (1e-5, gradients 1e-4)."""
        for name, _, answers, _ in generate.files():
            exact = answers()
            for key, value in answers(torch.float32).items():
                allowed = 1e-4 if key.startswith("gradient.") else 1e-5
                self.assertLessEqual(distance(value, exact[key]), allowed / 4 * exact[key].abs().max(), f"{name} {key}")


if __name__ == "__main__":
    unittest.main()
