#!/usr/bin/env python3
"""The witness for values that combine logarithms, exponentials and radicals, as balls of
python-flint (Arb): softmax, focal losses, bits, divergences, and what cancels.

    python3 tests/witness/values.py            writes values.tsv beside this file
    python3 tests/witness/values.py --check    fails if it is not what it would write

The columns are those of generate.py beside this file. Lists of arguments are kept apart by
semicolons:
    bits             p             mean of -log2 p
    divergence       q;p           sum q ln(q/p)
    softmax          t;z           exp(z_t) / sum exp(z_j)
    softmax_minus_1  t;z           the same - 1
    focal            g;p           (1 - p)^g (-ln p)
    focal_logits     g;t;z         the same of the softmax component t
    radicals         c;s;r         sum c s^r
    exponentials     c;a           sum c exp(a)
    ln_sums          c;a;b         c + ln sum exp(a) - ln sum exp(b)
    ln_quotient      a b           ln a / ln b
"""

import random
import sys
from fractions import Fraction

from flint import arb

from generate import FOLDER, exact, lift, line, logit, probability, random_rational, show

SEED = 20250520


def total(terms):
    return sum(terms, arb(0))


def softmax(t, z):
    """The component as 1/(sum of exponentials), which cannot overflow the exponent."""
    return 1 / total(exact(x - z[t]).exp() for x in z)


def softmax_rest(t, z):
    """1 - the component, without cancellation."""
    top = max(z)
    rest = total(exact(x - top).exp() for j, x in enumerate(z) if j != t)
    return rest / total(exact(x - top).exp() for x in z)


def negative_log_softmax(t, z):
    largest = max(range(len(z)), key=lambda j: (z[j], j == t))
    rest = total(exact(x - z[largest]).exp() for j, x in enumerate(z) if j != largest)
    gap = z[largest] - z[t]
    return exact(gap) + rest.log1p() if gap else rest.log1p()


def power(x, r):
    return x ** exact(r) if r else arb(1)


VALUES = {
    "bits": lambda p: -total(exact(x).log() for x in p) / len(p) / arb(2).log(),
    "divergence": lambda q, p: total(exact(a) * exact(a / b).log() for a, b in zip(q, p) if a),
    "softmax": lambda t, z: softmax(int(t[0]), z),
    "softmax_minus_1": lambda t, z: -softmax_rest(int(t[0]), z),
    "focal": lambda g, p: power(exact(1 - p[0]), g[0]) * -exact(p[0]).log(),
    "focal_logits": lambda g, t, z: power(softmax_rest(int(t[0]), z), g[0])
    * negative_log_softmax(int(t[0]), z),
    "radicals": lambda c, s, r: total(exact(a) * power(exact(b), d) for a, b, d in zip(c, s, r)),
    "exponentials": lambda c, a: total(exact(x) * exact(y).exp() for x, y in zip(c, a)),
    "ln_sums": lambda c, a, b: exact(c[0])
    + total(exact(x).exp() for x in a).log()
    - total(exact(x).exp() for x in b).log(),
    "ln_quotient": lambda s: exact(s[0]).log() / exact(s[1]).log(),
}


def small(rng):
    return Fraction(rng.randrange(-99, 100) or 1, rng.randrange(1, 20))


def rows():
    rng = random.Random(SEED)
    kinds = ["f64", "f32", "decimal", "near-one"]
    for kind in kinds:
        for _ in range(15):
            yield "bits", kind, [[probability(rng, kind) for _ in range(rng.randrange(1, 5))]]
    for _ in range(40):
        count = rng.randrange(2, 6)
        weights = [rng.randrange(0, 50) for _ in range(count)]
        weights[0] += 1
        q = [Fraction(w, sum(weights)) for w in weights]
        others = [rng.randrange(1, 50) for _ in range(count)]
        yield "divergence", "plain", [q, [Fraction(w, sum(others)) for w in others]]
        shift = Fraction(rng.randrange(1, 9), 2 ** rng.choice([20, 60, 150]))
        p = [x or Fraction(1, 99) for x in q]
        p[0], p[1] = p[0] + shift, abs(p[1] - shift)
        yield "divergence", "near", [q, p]
    for function in ["softmax", "softmax_minus_1"]:
        for kind in ["moderate", "f32", "decimal", "spread", "saturated"]:
            for _ in range(12):
                z = [logit(rng, kind) for _ in range(rng.randrange(2, 7))]
                t = rng.randrange(len(z))
                if kind == "saturated":
                    z[rng.randrange(len(z))] += rng.choice([40, 700, 10**4])
                yield function, kind, [[Fraction(t)], z]
    powers = [Fraction(0), Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(2), Fraction(5),
              Fraction(1, 3), Fraction(27, 10)]
    for gamma in powers:
        for kind in kinds:
            for _ in range(4):
                yield "focal", kind, [[gamma], [probability(rng, kind)]]
        for kind in ["moderate", "decimal", "saturated"]:
            for _ in range(4):
                z = [logit(rng, kind) for _ in range(rng.randrange(2, 6))]
                if kind == "saturated":
                    z[0] += rng.choice([14, 20, 54, 700, 1000])
                yield "focal_logits", kind, [[gamma], [Fraction(rng.randrange(2))], z]
    for _ in range(40):
        count = rng.randrange(1, 5)
        yield "radicals", "plain", [
            [small(rng) for _ in range(count)],
            [random_rational(rng, 20, 20) for _ in range(count)],
            [Fraction(rng.randrange(-9, 10) or 1, rng.randrange(2, 5)) for _ in range(count)],
        ]
    for _ in range(20):
        n = rng.randrange(2, 10**9)
        half = Fraction(1, 2)
        yield "radicals", "cancelling", [
            [Fraction(1), Fraction(-2), Fraction(1)],
            [Fraction(n), Fraction(n + 1), Fraction(n + 2)],
            [half, half, half],
        ]
    for _ in range(40):
        count = rng.randrange(2, 6)
        yield "exponentials", "plain", [
            [small(rng) for _ in range(count)], [small(rng) for _ in range(count)]]
        step = Fraction(1, 2 ** rng.choice([10, 40, 100]))
        yield "exponentials", "cancelling", [
            [Fraction(1), Fraction(-2), Fraction(1)], [small(rng), Fraction(0), Fraction(0)]]
        a = small(rng)
        yield "exponentials", "cancelling", [
            [Fraction(1), Fraction(-2), Fraction(1)], [a, a + step, a + 2 * step]]
    for _ in range(30):
        a = [logit(rng, "decimal") for _ in range(3)]
        b = [logit(rng, "decimal") for _ in range(2)]
        yield "ln_sums", "plain", [[small(rng)], a, b]
        step = Fraction(1, 2 ** rng.choice([30, 60, 200]))
        yield "ln_sums", "cancelling", [[Fraction(0)], a, [a[0] + step, *a[1:]]]
    for _ in range(30):
        yield "ln_quotient", "rational", [[1 + random_rational(rng, 40, 30), 1 + random_rational(rng, 30, 40)]]
    for gap in [lift(1e8), lift(12345.6789)]:
        for t in [0, 1]:
            yield "softmax", "extreme", [[Fraction(t)], [Fraction(0), -gap]]
            yield "softmax_minus_1", "extreme", [[Fraction(t)], [Fraction(0), -gap]]
            yield "focal_logits", "extreme", [[Fraction(2)], [Fraction(t)], [Fraction(0), -gap]]


HEADER = "# Written by tests/witness/values.py, which explains the columns. Do not edit.\n"


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    text = HEADER
    for function, tag, arguments in rows():
        shown = ";".join(" ".join(show(x) for x in part) for part in arguments)
        text += line(function, tag, shown, lambda: VALUES[function](*arguments))
    path = FOLDER / "values.tsv"
    if not check:
        path.write_text(text)
    elif not path.exists() or path.read_text() != text:
        sys.exit("stale: values.tsv")


if __name__ == "__main__":
    main()
