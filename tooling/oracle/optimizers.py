"""The published optimizers in float64, step by step: AdamW and Adafactor at a constant rate.

`run(kind, settings, weights, gradients)` takes weights as a map of named tensors and, under the same names, the
gradients of all steps, [steps, ...]; it gives the weights after each step, [steps, ...].
"""

import torch


def rms(x):
    return (x * x).mean().sqrt()


class AdamW:
    """Loshchilov & Hutter, "Decoupled weight decay regularization" (arXiv 1711.05101), Algorithm 2, with the decay
    scaled by the rate, as in all implementations."""

    def __init__(self, weight, rate, beta1, beta2, epsilon, weight_decay):
        self.rate, self.beta1, self.beta2, self.epsilon, self.decay = rate, beta1, beta2, epsilon, weight_decay
        self.m, self.v = torch.zeros_like(weight), torch.zeros_like(weight)

    def step(self, t, weight, gradient):
        """The weight after step t = 1, 2, ..."""
        self.m = self.beta1 * self.m + (1 - self.beta1) * gradient
        self.v = self.beta2 * self.v + (1 - self.beta2) * gradient ** 2
        m = self.m / (1 - self.beta1 ** t)
        v = self.v / (1 - self.beta2 ** t)
        return weight - self.rate * (m / (v.sqrt() + self.epsilon) + self.decay * weight)


class Adafactor:
    """Shazeer & Stern, "Adafactor" (arXiv 1804.04235), Algorithms 4 (matrices) and 5 (vectors), without relative steps.

    - Constant beta2 in the sense of its section 7.1: the decay of step t is beta2 (1 - beta2^(t-1)) / (1 - beta2^t),
      which begins at 0, as the algorithms demand, and so contains Adam's bias correction.
    - Second moments of a matrix are kept as sums of its rows and columns; a vector's are kept whole. (In float32 divide
      before multiplying: the product of two sums underflows where a matrix has had no gradient yet.)
    - The update is clipped to a root mean square of `clip`, weight by weight.
    - With beta1 the clipped update times the rate is averaged, without bias correction, as in the authors' code.
    """

    def __init__(self, weight, rate, beta1, beta2, epsilon, clip):
        self.rate, self.beta1, self.beta2, self.epsilon, self.clip = rate, beta1, beta2, epsilon, clip
        self.m = torch.zeros_like(weight)
        self.v = torch.zeros_like(weight)
        if weight.dim() == 2:
            self.rows, self.columns = torch.zeros_like(weight[:, 0]), torch.zeros_like(weight[0])

    def second_moments(self, t, gradient):
        decay = self.beta2 * (1 - self.beta2 ** (t - 1)) / (1 - self.beta2 ** t)
        square = gradient ** 2 + self.epsilon
        if square.dim() < 2:
            self.v = decay * self.v + (1 - decay) * square
            return self.v
        self.rows = decay * self.rows + (1 - decay) * square.sum(1)
        self.columns = decay * self.columns + (1 - decay) * square.sum(0)
        return (self.rows / self.rows.sum())[:, None] * self.columns

    def step(self, t, weight, gradient):
        """The weight after step t = 1, 2, ..."""
        update = gradient / self.second_moments(t, gradient).sqrt()
        update = update / max(1, rms(update) / self.clip)
        self.m = self.beta1 * self.m + (1 - self.beta1) * self.rate * update
        return weight - self.m


KINDS = {"adamw": AdamW, "adafactor": Adafactor}


def run(kind, settings, weights, gradients):
    after = {}
    for name, weight in weights.items():
        optimizer, steps = KINDS[kind](weight, **settings), []
        for t, gradient in enumerate(gradients[name], start=1):
            weight = optimizer.step(t, weight, gradient)
            steps.append(weight)
        after[name] = torch.stack(steps)
    return after
