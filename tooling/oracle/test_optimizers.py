"""Self-checks of the optimizers: AdamW against torch's own, Adafactor against what must follow from its definition."""

import unittest

import torch

import optimizer_cases
import optimizers
from support import distance


def adafactor(weight, gradients, rate=0.01, beta1=0.9, beta2=0.99, clip=1.0):
    settings = {"rate": rate, "beta1": beta1, "beta2": beta2, "epsilon": 1e-30, "clip": clip}
    return optimizers.run("adafactor", settings, {"w": weight}, {"w": gradients})["w"]


class AdamW(unittest.TestCase):
    def test_torch(self):
        arrays = optimizer_cases.inputs()
        for name in ("adamw", "adamw-no-decay"):
            _, kind, settings = optimizer_cases.CASES[name]
            expected = optimizer_cases.answers(arrays, kind, settings)
            for weight in optimizer_cases.SHAPES:
                own = torch.nn.Parameter(torch.tensor(arrays["weights." + weight]).double())
                optimizer = torch.optim.AdamW(
                    [own], lr=settings["rate"], betas=(settings["beta1"], settings["beta2"]),
                    eps=settings["epsilon"], weight_decay=settings["weight_decay"])
                for t in range(optimizer_cases.STEPS):
                    own.grad = torch.tensor(arrays["gradients." + weight][t]).double()
                    optimizer.step()
                    self.assertLess(distance(own.detach(), expected["output." + weight][t]), 1e-12)


class Adafactor(unittest.TestCase):
    def setUp(self):
        self.random = torch.Generator().manual_seed(3)

    def draw(self, *shape):
        return torch.randn(*shape, dtype=torch.float64, generator=self.random)

    def test_one_row_is_a_vector(self):
        weight, gradients = self.draw(6), self.draw(20, 6)
        row = adafactor(weight[None], gradients[:, None])
        self.assertLess(distance(row[:, 0], adafactor(weight, gradients)), 1e-12)

    def test_bias_correction(self):
        """Without momentum, the same gradient again and again moves by the rate each time: no warm-up is needed."""
        gradient = self.draw(3, 1) * self.draw(1, 5)
        after = adafactor(torch.zeros(3, 5, dtype=torch.float64), gradient.expand(20, 3, 5), beta1=0)
        for t in range(20):
            self.assertLess(distance(after[t], -0.01 * (t + 1) * gradient.sign()), 1e-12)

    def test_clip(self):
        """A gradient a thousand times larger than those before moves by a root mean square of rate x clip."""
        gradients = self.draw(5, 4, 4)
        gradients[4] *= 1000
        after = adafactor(torch.zeros(4, 4, dtype=torch.float64), gradients, beta1=0, clip=0.5)
        self.assertAlmostEqual(optimizers.rms(after[4] - after[3]).item(), 0.01 * 0.5, places=12)

    def test_scale_of_gradients(self):
        """The size of all gradients together changes nothing."""
        weight, gradients = self.draw(4, 3), self.draw(20, 4, 3)
        self.assertLess(distance(adafactor(weight, gradients), adafactor(weight, gradients * 1e-6)), 1e-12)

    def test_zero_gradients(self):
        """A weight without gradient stays where it is, in float32 too."""
        weight = self.draw(4, 3)
        for dtype in (torch.float64, torch.float32):
            after = adafactor(weight.to(dtype), torch.zeros(20, 4, 3, dtype=dtype))
            self.assertTrue(torch.equal(after[-1], weight.to(dtype)))


if __name__ == "__main__":
    unittest.main()
