"""Derives the polynomial coefficients of the fast kernels with interval arithmetic (python-flint).

Each polynomial interpolates its function at the Chebyshev nodes of the interval, exactly up to
300 bits; the coefficients are then rounded to the format. Printed with the largest error on a
grid, as a Rust constant. Run: python tests/witness/coefficients.py
"""

import struct

from flint import arb, arb_mat, ctx

ctx.prec = 300


def nodes(low, high, count):
    low, high = arb(low), arb(high)
    for i in range(count):
        angle = arb.pi() * (2 * i + 1) / (2 * count)
        yield (low + high) / 2 + (high - low) / 2 * angle.cos()


def single(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def interpolate(function, low, high, degree):
    points = list(nodes(low, high, degree + 1))
    matrix = arb_mat([[x**j for j in range(degree + 1)] for x in points])
    values = arb_mat([[function(x)] for x in points])
    solution = matrix.solve(values)
    return [solution[i, 0] for i in range(degree + 1)]


def show(name, function, low, high, degree, form):
    exact = interpolate(function, low, high, degree)
    rounded = [float(c.mid()) for c in exact]
    if form == "f32":
        rounded = [single(c) for c in rounded]
    worst = 0.0
    for x in nodes(low, high, 2000):
        value = sum((arb(c) * x**j for j, c in enumerate(rounded)), arb(0))
        worst = max(worst, float(abs(value - function(x)).upper()))
    print(f"// {name}: degree {degree} on [{low}, {high}], largest error {worst:.3e}")
    print(f"[{', '.join(repr(c) for c in rounded)}]")


def exponential(r):
    """(e^r - 1 - r - r^2/2)/r^3; the coefficients of 1, r and r^2 stay 1, 1 and 1/2."""
    if r.contains(0):
        return 1 / arb(6)
    return (r.exp() - 1 - r - r * r / 2) / (r * r * r)


def quadratic(r):
    """(e^r - 1 - r)/r^2."""
    if r.contains(0):
        return 1 / arb(2)
    return (r.exp() - 1 - r) / (r * r)


def artanh(w):
    """(2 artanh(s) - 2 s)/s^3 as a function of w = s^2."""
    if w.contains(0):
        return 2 / arb(3)
    s = w.sqrt()
    return (2 * s.atanh() - 2 * s) / (s * w)


if __name__ == "__main__":
    show("exp, single", quadratic, -0.34665, 0.34665, 4, "f32")
    show("exp, double", exponential, -0.34665, 0.34665, 9, "f64")
    show("exp for f32, in double", exponential, -0.34665, 0.34665, 5, "f64")
    show("ln, |s| <= 1/3, single", artanh, 0.0, 0.1112, 4, "f32")
    show("ln, |s| <= 1/3, double", artanh, 0.0, 0.1112, 11, "f64")
    show("ln for f32, |s| <= 0.1716, in double", artanh, 0.0, 0.02945, 4, "f64")
