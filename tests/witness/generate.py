#!/usr/bin/env python3
"""The witness from outside the crate: balls of python-flint (Arb) around ln, exp and cross entropy.

    python3 tests/witness/generate.py            writes elementary.tsv and cross_entropy.tsv beside this file
    python3 tests/witness/generate.py --check    fails if they are not what it would write

It needs python-flint (pip install python-flint); neither the build nor the tests need it. Nothing
here is shared with the crate: arguments are drawn and lifted, and results rounded, by Python's own
integers and fractions.

A row has, between tabs:
    function   ln, exp, nll (-ln p), mean_nll (the mean of the -ln p), soft (-sum q ln p),
               logits (ln sum exp(z_j - z_t))
    tags       why the row is there
    arguments  rationals or hexadecimal floats, blanks between those of a list; "soft" has q, a
               semicolon and p; "logits" has the index t, a semicolon and z
    lower, width, exponent
               hexadecimal integers and a decimal one: the value lies in
               [lower, lower + width] * 2^exponent. "-" where |exponent| would not fit 64 bits
    f64, f32   the bits of the nearest floats, ties to even
"""

import pathlib
import random
import sys
from fractions import Fraction

import flint
from flint import arb, ctx, fmpq

FOLDER = pathlib.Path(__file__).resolve().parent
SEED = 20240917
BITS = 560  # of each ball; the tests ask the crate for up to 512


# --- balls -----------------------------------------------------------------------------------

def exact(x):
    """The ball of a rational at the current precision."""
    return arb(fmpq(x.numerator, x.denominator))


def ends(ball):
    """The two ends of a ball as (integer, integer, exponent)."""
    m, e = (int(v) for v in ball.mid().man_exp())
    r, f = (int(v) for v in ball.rad().man_exp())
    low = min(e, f)
    m, r = m << (e - low), r << (f - low)
    return m - r, m + r, low


def narrow(value):
    """The ball of value() at a precision that gives BITS + 40 relative bits, and that tells
    exp(2^-1100) from 1."""
    precision = 2500
    while True:
        ctx.prec = precision
        ball = value()
        if ball.is_exact() or ball.rel_accuracy_bits() >= BITS + 40:
            return ball
        precision *= 2
        if precision > 1 << 16:
            raise RuntimeError("no precision is enough")


def row_ball(ball):
    """lower, width and exponent of a row: about BITS bits, rounded outward."""
    mantissa, exponent = (int(v) for v in ball.mid().man_exp())
    if mantissa == 0:
        assert ball.is_exact()
        return "0", "0", "0"
    if abs(exponent) > 1 << 42:
        return "-", "-", "-"
    low, high, exponent = ends(ball)
    drop = max(abs(low).bit_length() - BITS, 0)
    low, high, exponent = low >> drop, -(-high >> drop), exponent + drop
    return format(low, "x"), format(high - low, "x"), str(exponent)


# --- rounding --------------------------------------------------------------------------------

FORMATS = {"f64": (53, -1022, 1023, 64), "f32": (24, -126, 127, 32)}


def nearest_bits(m, e, name):
    """The bits of the float nearest to m * 2^e, ties to even, in integers only."""
    precision, least, most, width = FORMATS[name]
    sign = (1 << (width - 1)) if m < 0 else 0
    infinite = ((1 << (width - precision)) - 1) << (precision - 1)
    m = abs(m)
    if m == 0:
        return 0
    top = m.bit_length() - 1 + e
    if top > most:
        return sign | infinite
    unit = max(top, least) - precision + 1
    if top < unit - 1:
        return sign
    if e >= unit:
        q = m << (e - unit)
    else:
        drop = unit - e
        q, rest = m >> drop, m & ((1 << drop) - 1)
        half = 1 << (drop - 1)
        if rest > half or (rest == half and q & 1):
            q += 1
    # A carry to 2^precision moves into the exponent's field by itself.
    field = unit + precision - 1 - least
    return sign | min((field << (precision - 1)) + q, infinite)


def rounded(value, ball, name):
    """The nearest float to value(), at rising precision until both ends agree."""
    precision = BITS + 80
    while True:
        low, high, e = ends(ball)
        below, above = nearest_bits(low, e, name), nearest_bits(high, e, name)
        if below == above:
            return format(below, "x")
        precision *= 2
        if precision > 1 << 16:
            raise RuntimeError("a tie that precision does not break")
        ctx.prec = precision
        ball = value()


# --- arguments -------------------------------------------------------------------------------

def show(x):
    """A rational as text: a hexadecimal float where that is exact and shorter."""
    n, d = x.numerator, x.denominator
    plain = str(n) if d == 1 else f"{n}/{d}"
    if d & (d - 1) == 0 and n != 0:
        e = -(d.bit_length() - 1)
        while n % 2 == 0:
            n, e = n // 2, e + 1
        dyadic = f"{'-' if n < 0 else ''}0x{abs(n):x}p{e}"
        return min(plain, dyadic, key=len)
    return plain


def lift(x):
    return Fraction(*x.as_integer_ratio())


def random_f64(rng, low=1, high=2046, negative=False):
    bits = rng.randrange(low, high + 1) << 52 | rng.getrandbits(52)
    x = Fraction(1 << 52 | bits & (1 << 52) - 1) * Fraction(2) ** ((bits >> 52) - 1075)
    return -x if negative and rng.random() < 0.5 else x


def random_f32_unit(rng):
    """A float of 24 bits in (0, 1)."""
    return Fraction(rng.getrandbits(23) | 1 << 23, 1 << 24) / (1 << rng.choice([0, 0, 1, 2, 5, 20]))


def random_rational(rng, bits_n, bits_d):
    return Fraction(rng.getrandbits(bits_n) | 1 << (bits_n - 1), rng.getrandbits(bits_d) | 1 << (bits_d - 1))


# --- hard cases ------------------------------------------------------------------------------

def first_in_range(a, m, low, high):
    """The least i >= 0 with low <= a*i mod m <= high, where 0 <= low <= high < m, or None."""
    if low == 0:
        return 0
    a %= m
    if a == 0:
        return None
    if 2 * a > m:
        a, low, high = m - a, m - high, m - low
    i = -(-low // a)
    if a * i <= high:
        return i
    # No multiple of a lies within; some a*i - m*j does, so m*j mod a lies in [-high, -low].
    j = first_in_range(m % a, a, -high % a, -low % a)
    if j is None:
        return None
    return -(-(low + m * j) // a)


def run_of(function, x):
    """How many bits after the 53rd of function(x), and the bit before them or not, are equal."""
    ctx.prec = 300
    m = abs(int(function(exact(x)).mid().man_exp()[0]))
    tail = format(m, "b")[53:250]
    return max(len(t) - len(t.lstrip(t[0])) for t in (tail, tail[1:]))


def hard_cases(rng, function, start, windows, keep):
    """Floats x whose function lies very near to a float or to a midpoint of two.

    Over a window of 2^13 neighbouring floats the function is linear to 2^-26 of a unit, so
    in units of half an ulp it is a + b*i modulo 1, and the first i that comes within 2^-23 of an
    integer is found by Euclid's algorithm.
    """
    modulus, size, reach = 1 << 64, 1 << 13, 1 << 41
    found = {}
    for _ in range(windows):
        significand, exponent = start(rng)
        x = Fraction(significand) * Fraction(2) ** exponent
        step = Fraction(2) ** exponent
        ctx.prec = 200
        y, z = function(exact(x)), function(exact(x + step))
        m, e = (int(v) for v in y.mid().man_exp())
        m2, e2 = (int(v) for v in z.mid().man_exp())
        unit = abs(m).bit_length() + e - 54  # half an ulp of the result
        shift = e - unit + 64
        a = m << shift if shift >= 0 else m >> -shift
        shift = e2 - unit + 64
        b = (m2 << shift if shift >= 0 else m2 >> -shift) - a
        low = (-a - reach) % modulus
        if low + 2 * reach >= modulus:
            continue
        i = first_in_range(b, modulus, low, low + 2 * reach)
        if i is None or i >= size:
            continue
        x += step * i
        found[x] = run_of(function, x)
    best = sorted(found, key=lambda x: (-found[x], x))[:keep]
    return [(x, found[x]) for x in best]


# Known worst cases of double precision (Lefevre and Muller), from which `known` keeps those that
# this script finds to have a run of 50 equal bits or more.
KNOWN_LN = ["0x1.62a88613629b6p+678"]
KNOWN_EXP = ["0x1.9e9cbbfd6080bp-31", "0x1.83d4bcdebb3f4p+2", "-0x1.22e24fa3d5cf9p-1"]


def known(texts, function):
    for text in texts:
        x = lift(float.fromhex(text))
        run = run_of(function, x)
        assert run >= 50, (text, run)
        yield x, run


# --- rows ------------------------------------------------------------------------------------

FUNCTIONS = {"ln": arb.log, "exp": arb.exp}


def elementary_rows():
    rng = random.Random(SEED)
    yield from (("ln", tag, x) for tag, x in ln_arguments(rng))
    yield from (("exp", tag, x) for tag, x in exp_arguments(rng))


def ln_arguments(rng):
    yield "one", Fraction(1)
    for k in [1, 2, 3, 4, 7, 8, 15, 16, 24, 25, 31, 32, 52, 53, 54, 63, 64, 65, 100, 127, 128, 129,
              200, 255, 256, 257, 500, 511, 512, 513, 1000, 1022, 1074]:
        power = Fraction(1, 2**k)
        yield "near-one", 1 + power
        yield "near-one", 1 - power
        yield "near-one", 1 + power / rng.randrange(3, 1000)
        yield "near-one", 1 - power / rng.randrange(3, 1000)
        yield "power-of-two", 2**k * Fraction(1)
        yield "power-of-two", power
        yield "near-power-of-two", 2**k * (1 + Fraction(1, 2**60))
    for _ in range(120):
        yield "rational", random_rational(rng, rng.randrange(1, 200), rng.randrange(1, 200))
    for _ in range(40):
        yield "huge", random_rational(rng, rng.randrange(1000, 1100), rng.randrange(1, 60))
        yield "tiny", random_rational(rng, rng.randrange(1, 60), rng.randrange(1000, 1100))
    for _ in range(40):
        n = rng.getrandbits(300) | 1
        yield "near-one", Fraction(n + rng.randrange(1, 9), n)
    for _ in range(200):
        yield "f64", random_f64(rng)
    for _ in range(40):
        yield "subnormal", Fraction(rng.getrandbits(rng.randrange(1, 53)) | 1, 2**1074)
    for _ in range(60):
        yield "f32", random_f32_unit(rng)
    # Where the argument changes its reduction: near 29/41, 41/29 and the powers of two.
    for n, d in [(29, 41), (41, 29), (1, 2), (2, 1), (7071067811865475, 10**16)]:
        for delta in [-1, 0, 1]:
            yield "reduction", Fraction(n, d) + Fraction(delta, 2**70)
    for x, run in known(KNOWN_LN, arb.log):
        yield f"hard:{run}", x

    def wide(rng):
        return rng.getrandbits(52) | 1 << 52, rng.randrange(-1070, 970)

    for x, run in hard_cases(rng, arb.log, wide, 300_000, 60):
        yield f"hard:{run}", x


def exp_arguments(rng):
    yield "zero", Fraction(0)
    for k in [1, 2, 3, 10, 24, 25, 26, 52, 53, 54, 55, 63, 64, 128, 129, 130, 131, 256, 258, 512, 514,
              1000, 1074, 1100]:
        for sign in [1, -1]:
            yield "tiny", Fraction(sign, 2**k)
            yield "tiny", Fraction(sign * rng.randrange(2**20, 2**21), 3 * 2 ** (k + 20))
    for k in range(1, 40):
        for sign in [1, -1]:
            yield "huge", Fraction(sign * (2**k))
            yield "huge", Fraction(sign * rng.getrandbits(k + 20), 2**20) or Fraction(1)
    for x in [10**9, 10**10, 7 * 10**11]:
        yield "huge", Fraction(x) + Fraction(1, 3)
        yield "huge", -Fraction(x) - Fraction(1, 3)
    for _ in range(140):
        sign = rng.choice([1, -1])
        yield "rational", sign * random_rational(rng, rng.randrange(1, 60), rng.randrange(40, 70))
    for _ in range(100):
        yield "f64", random_f64(rng, 1023 - 30, 1023 + 9, negative=True)
    for _ in range(80):
        yield "subnormal", -Fraction(rng.randrange(708 * 2**44, 746 * 2**44), 2**44)
    for _ in range(60):
        yield "subnormal-f32", -Fraction(rng.randrange(87 * 2**44, 105 * 2**44), 2**44)
    for _ in range(30):
        yield "overflow", Fraction(rng.randrange(70970 * 2**40, 70980 * 2**40), 100 * 2**40)
        yield "overflow-f32", Fraction(rng.randrange(8870 * 2**40, 8875 * 2**40), 100 * 2**40)
    # Multiples of ln 2 to 53 bits: the reduced argument nearly vanishes.
    ctx.prec = 200
    ln2 = Fraction(*(int(v) for v in (arb(2).log().mid().man_exp()[0], 1)))
    ln2 /= 2 ** (ln2.numerator.bit_length())
    for k in [1, -1, 2, -2, 7, -7, 100, -100, 1000, -1000, 10**6, -(10**6)]:
        value = k * ln2
        shift = 53 - (abs(value.numerator) // value.denominator).bit_length()
        yield "reduction", Fraction(round(value * 2**shift), 2**shift)
        yield "reduction", Fraction(round(value * 2**300), 2**300)
    for x, run in known(KNOWN_EXP, arb.exp):
        yield f"hard:{run}", x

    def moderate(rng):
        sign = rng.choice([1, -1])
        return sign * (rng.getrandbits(52) | 1 << 52), rng.randrange(-52 - 20, -52 + 9)

    for x, run in hard_cases(rng, arb.exp, moderate, 300_000, 60):
        yield f"hard:{run}", x


def cross_entropy_rows():
    rng = random.Random(SEED + 1)
    # -ln p
    for k in [1, 2, 3, 10, 24, 25, 53, 54, 100, 149, 500, 1022, 1074]:
        yield "nll", "power-of-two", None, [Fraction(1, 2**k)]
        yield "nll", "near-one", None, [1 - Fraction(1, 2**k)]
    for _ in range(120):
        yield "nll", "f64", None, [random_f64(rng, 1, 1022)]
    for _ in range(60):
        yield "nll", "f32", None, [random_f32_unit(rng)]
    for _ in range(60):
        n = rng.getrandbits(80) | 1
        yield "nll", "rational", None, [Fraction(n, n + rng.getrandbits(rng.randrange(1, 100)) + 1)]
    # means
    for _ in range(160):
        count = rng.randrange(2, 9)
        kind = rng.choice(["f64", "f32", "decimal", "near-one"])
        yield "mean_nll", kind, None, [probability(rng, kind) for _ in range(count)]
    # soft targets
    for _ in range(180):
        count = rng.randrange(2, 7)
        kind = rng.choice(["f64", "f32", "decimal", "near-one"])
        weights = [Fraction(rng.randrange(0, 1000)) for _ in range(count)]
        weights[0] += 1
        q = [w / sum(weights) for w in weights]
        yield "soft", kind, q, [probability(rng, kind) for _ in range(count)]
    # logits
    for _ in range(240):
        count = rng.randrange(2, 9)
        kind = rng.choice(["moderate", "moderate", "f32", "decimal", "saturated", "spread"])
        z = [logit(rng, kind) for _ in range(count)]
        if kind == "saturated":
            z[rng.randrange(count)] += rng.choice([20, 40, 100, 700, 740, 1000, 10**4])
        t = rng.randrange(count)
        if rng.random() < 0.4:
            t = max(range(count), key=lambda j: z[j])
        yield "logits", kind, t, z
    for gap in [Fraction(10) ** 8, lift(1e38), lift(1e308), Fraction(2) ** 1023]:
        for t in [0, 1]:
            yield "logits", "extreme", t, [Fraction(0), -gap]
            yield "logits", "extreme", t, [gap, gap - 1]
            yield "logits", "extreme", t, [gap, -gap, Fraction(1)]
    for z, t in [([20, 0], 0), ([0, 0], 0), ([0, 0, 0], 1), ([1, -1], 0), ([745, 0], 0), ([746, 0], 0), ([800, 0], 0),
                 ([103, 0], 0), ([104, 0], 0), ([37, 0], 0), ([38, 0], 0)]:
        yield "logits", "edge", t, [Fraction(v) for v in z]


def probability(rng, kind):
    if kind == "f64":
        return random_f64(rng, rng.choice([1, 900, 1010, 1020]), 1022)
    if kind == "f32":
        return random_f32_unit(rng)
    if kind == "decimal":
        return Fraction(rng.randrange(1, 1000), 1000)
    return 1 - Fraction(rng.randrange(1, 1000), 2 ** rng.choice([24, 53, 100, 1074]))


def logit(rng, kind):
    if kind == "f32":
        return Fraction(rng.getrandbits(24) - 2**23, 2**20)
    if kind == "decimal":
        return Fraction(rng.randrange(-10000, 10000), 1000)
    if kind == "spread":
        return random_f64(rng, 1023 - 60, 1023 + 10, negative=True)
    return Fraction(rng.getrandbits(53) - 2**52, 2**49)


def cross_entropy(function, q, p):
    """The value as a function of the current precision."""
    if function == "nll":
        return lambda: -exact(p[0]).log()
    if function == "mean_nll":
        return lambda: -sum((exact(x).log() for x in p), arb(0)) / len(p)
    if function == "soft":
        return lambda: -sum((exact(w) * exact(x).log() for w, x in zip(q, p) if w), arb(0))
    t = q
    largest = max(range(len(p)), key=lambda j: (p[j], j == t))
    rest = [p[j] - p[largest] for j in range(len(p)) if j != largest]
    gap = p[largest] - p[t]

    def logits():
        total = sum((exact(z).exp() for z in rest), arb(0))
        # ln(1 + total), which the library has as log1p.
        return exact(gap) + total.log1p() if gap else total.log1p()

    return logits


# --- files -----------------------------------------------------------------------------------

HEADER = f"""\
# Written by tests/witness/generate.py, which explains the columns, with python-flint {flint.__version__}
# (FLINT {flint.__FLINT_VERSION__}). Do not edit.
"""


def line(function, tag, arguments, value):
    ball = narrow(value)
    fields = [function, tag, arguments, *row_ball(ball), rounded(value, ball, "f64"), rounded(value, ball, "f32")]
    return "\t".join(fields) + "\n"


def elementary():
    yield HEADER
    for function, tag, x in elementary_rows():
        yield line(function, tag, show(x), lambda: FUNCTIONS[function](exact(x)))


def entropy():
    yield HEADER
    for function, tag, q, p in cross_entropy_rows():
        arguments = " ".join(show(x) for x in p)
        if function == "soft":
            arguments = " ".join(show(x) for x in q) + ";" + arguments
        elif function == "logits":
            arguments = f"{q};{arguments}"
        yield line(function, tag, arguments, cross_entropy(function, q, p))


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    stale = []
    for name, rows in [("elementary.tsv", elementary()), ("cross_entropy.tsv", entropy())]:
        text = "".join(rows)
        path = FOLDER / name
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(name)
    if stale:
        sys.exit(f"stale: {', '.join(stale)}")


if __name__ == "__main__":
    main()
