"""Times the exact twin beside python-flint and mpmath at the same tasks, and prints the data that
the book shows. The losses in floating point are compared by another script.

    python book/benchmarks/exact.py WORKLOADS > book/benchmarks/exact.json

WORKLOADS is the program that `cargo bench --bench workloads --no-run` names. Each arithmetic begins
with 80 bits; balls of flint are made narrower until both ends round to one float. mpmath has no
enclosures, so nothing is decided there.
"""

import datetime
import importlib.metadata
import json
import subprocess
import sys
import time

import flint
import mpmath

MASK = (1 << 64) - 1
SECONDS = 1.0
BITS = 80


def mix(seed, index):
    """Output `index` of splitmix64 that starts from `seed`."""
    state = (0x9E3779B97F4A7C15 * (index + 1) + seed) & MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & MASK
    return state ^ (state >> 31)


def full(seed, index):
    """A number in (0, 1) with all 53 bits."""
    return ((mix(seed, index) >> 11) | 1) / (1 << 53)


NUMBERS = [full(1, i) for i in range(64)]
LOGITS = [20.0 * full(1, j) - 10.0 for j in range(1000)]
FOCAL = [8.0 * full(2, j) - 4.0 for j in range(16)]
ERRORS = [full(3, j) for j in range(100_000)]
FOREGROUND = [full(4, j) < 0.25 for j in range(100_000)]


class Flint:
    name = "python-flint"

    @staticmethod
    def decided(ball):
        """The float that all of a ball rounds to: its value at BITS and more, until it is one."""
        bits = BITS
        while True:
            flint.ctx.prec = bits
            found = ball()
            low, high = found.lower(), found.upper()
            if float(low) == float(high):
                return float(low)
            bits *= 2

    number = staticmethod(flint.arb)
    ln = staticmethod(lambda x: x.log())
    exp = staticmethod(lambda x: x.exp())
    ln_1p = staticmethod(lambda x: x.log1p())
    sqrt = staticmethod(lambda x: x.sqrt())


class Mpmath:
    name = "mpmath"

    @staticmethod
    def decided(number):
        mpmath.mp.prec = BITS
        return float(number())

    number = staticmethod(mpmath.mpf)
    ln = staticmethod(mpmath.log)
    exp = staticmethod(mpmath.exp)
    ln_1p = staticmethod(mpmath.log1p)
    sqrt = staticmethod(mpmath.sqrt)


def turns(function, numbers):
    state = {"at": -1}

    def turn():
        state["at"] = (state["at"] + 1) % len(numbers)
        return function(numbers[state["at"]])

    return turn


def ce(of):
    exponentials = (of.exp(of.number(z)) for z in LOGITS)
    return of.ln(sum(exponentials, of.number(0))) - of.number(LOGITS[7])


def focal(of):
    """The mean of √(1 − p)·(−ln p), p = σ(x)."""
    total = of.number(0)
    for x in FOCAL:
        e = of.exp(of.number(-x))
        total += of.sqrt(e / (1 + e)) * of.ln_1p(e)
    return total / len(FOCAL)


def lovasz(of):
    """Σ of the sorted errors times their marginals 1/(G + n) or (G − f)/((G + n)(G + n − 1))."""
    order = sorted(range(len(ERRORS)), key=lambda i: -ERRORS[i])
    all_, hits, misses, total = sum(FOREGROUND), 0, 0, of.number(0)
    for i in order:
        error = of.number(ERRORS[i])
        if FOREGROUND[i]:
            hits += 1
            total += error / (all_ + misses)
        else:
            misses += 1
            union = all_ + misses
            total += error * (all_ - hits) / (union * (union - 1))
    return total


def tasks(of):
    whole = lambda function: lambda: of.decided(lambda: function(of))
    of_number = lambda function: lambda x: of.decided(lambda: function(of.number(x)))
    return {
        "ln": turns(of_number(of.ln), NUMBERS),
        "exp": turns(of_number(lambda x: of.exp(-10 * x)), NUMBERS),
        "ce_1000": whole(ce),
        "focal_half_16": whole(focal),
        "lovasz_100k": whole(lovasz),
    }


def timed(program):
    value, best, start = program(), float("inf"), time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        begin, runs = time.perf_counter(), 0
        while time.perf_counter() - begin < 0.002:
            program()
            runs += 1
        best = min(best, (time.perf_counter() - begin) / runs)
    return value, best


def main(workloads):
    command = [workloads, "exact", str(SECONDS)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = {row["work"]: row for row in map(json.loads, lines)}
    times = {work: {"exact": row["best_s"]} for work, row in rows.items()}
    for of in Flint, Mpmath:
        for work, program in tasks(of).items():
            value, times[work][of.name] = timed(program)
            if of is Flint and value != rows[work]["value"]:
                sys.exit(f"{work}: {value!r} by flint, {rows[work]['value']!r} by the exact twin")
    with open("/proc/cpuinfo") as file:
        model = next(line for line in file if line.startswith("model name"))
    head = {
        "processor": model.split(":", 1)[1].strip(),
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "versions": {of.name: importlib.metadata.version(of.name) for of in (Flint, Mpmath)},
    }
    rounded = lambda best: {name: float(f"{seconds:.3e}") for name, seconds in best.items()}
    times = [json.dumps({"work": work, "best_s": rounded(best)}) for work, best in times.items()]
    fields = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    fields.append('  "times": [\n    ' + ",\n    ".join(times) + "\n  ]")
    print("{\n" + ",\n".join(fields) + "\n}")


main(*sys.argv[1:])
