"""Runs every adapter of this folder on all losses, and writes what the oracle says of the answers
into the file from which the book prints its chapter on conformance:

    python book/adapters/conformance.py [LIBRARY …]

Of the libraries that are named, or of all, those that are not installed are left out, loudly. What
the file says of libraries that are not named is kept. The oracle is the program that the environment
variable EXACT_LOSS names, or `exact-loss`; LOVASZ_REF names the published file of the Lovász losses;
the adapters in Rust are built beforehand, and CARGO_TARGET_DIR may say where.
The adapters themselves are in the files beside this one; nothing is judged here."""
import datetime
import importlib.metadata
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE.parent / "conformance" / "results.json"
ORACLE = os.environ.get("EXACT_LOSS", "exact-loss")
DTYPES = ("f64", "f32")
LEVEL, SEED, MAX_ULPS = 1, 1, 4
# Inputs with more characters than this are left out: the id of the case says them.
MAX_INPUTS = 240
# Of cases of the same size the first of these is shown.
CLASSES = ("too many ulps", "not a number", "infinite", "not a subgradient")

# Each library: its adapter, and the packages whose versions say which library it was.
LIBRARIES = {
    "SciPy": ("scipy_losses.py", "scipy numpy"),
    "PyTorch": ("torch_losses.py", "torch torchvision"),
    "optax": ("optax_losses.py", "optax jax jaxlib"),
    "Keras": ("keras_losses.py", "keras tensorflow"),
    "kornia": ("kornia_losses.py", "kornia torch"),
    "segmentation-models-pytorch": ("smp_losses.py", "segmentation_models_pytorch torch"),
    "published Lovász code": ("lovasz_published.py", "torch"),
    "candle": ("rust/candle/src/main.rs", "candle-core candle-nn"),
    "Burn": ("rust/burn/src/main.rs", "burn"),
}

class Missing(Exception):
    """The library is not here."""

def version(package):
    for name in (package, package + "-cpu"):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    raise Missing(f"no package {package}")

def python(adapter, packages):
    """The command of an adapter in Python, and the versions of its packages."""
    versions = {name: version(name) for name in packages}
    if adapter == "lovasz_published.py":
        file = Path(os.environ.get("LOVASZ_REF", "lovasz_losses.py"))
        if not file.is_file():
            raise Missing("LOVASZ_REF names no file")
    return [sys.executable, str(HERE / adapter)], versions

def rust(adapter, packages):
    """The command of an adapter in Rust, and the versions that its lock file names."""
    folder = (HERE / adapter).parent.parent
    target = Path(os.environ.get("CARGO_TARGET_DIR", folder / "target"))
    program = target / "release" / (folder.name + "-adapter")
    if not program.is_file():
        raise Missing(f"build it first: cargo build --release in {folder.name}, no {program}")
    locked = tomllib.loads((folder / "Cargo.lock").read_text())["package"]
    return [str(program)], {p["name"]: p["version"] for p in locked if p["name"] in packages}

def report(command, dtype):
    oracle = [ORACLE, "test", "all", "--dtype", dtype, "--level", str(LEVEL), "--seed", str(SEED),
              "--max-ulps", str(MAX_ULPS), "--format", "json"]
    done = subprocess.run([*oracle, "--", *command], stdout=subprocess.PIPE,
                          env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    if done.returncode == 2:
        raise SystemExit(f"{ORACLE} cannot be used like this")
    return json.loads(done.stdout)

def elements(x):
    return sum(map(elements, x)) if isinstance(x, list) else 1

def is_mild(failure):
    """Whether the library refuses the case, or gives −0 for 0: shown only if there is nothing else."""
    zeros = failure.get("got") == 0 == failure.get("nearest")
    return failure["class"] == "missing" or zeros

def size(failure):
    """By what the smallest failure is the least: its numbers, then the part and the class."""
    at = CLASSES.index(failure["class"]) if failure["class"] in CLASSES else len(CLASSES)
    inputs = list(failure["case"]["inputs"].values())
    return elements(inputs[0]), failure["part"] != "value", at, len(json.dumps(inputs))

def short(ulps):
    """To four digits; beyond the largest number the report says "inf"."""
    return ulps if isinstance(ulps, str) else float(f"{ulps:.4g}")

def smallest(failure):
    case = failure["case"]
    kept = {name: failure[name] for name in ("part", "class", "index", "got", "exact", "nearest",
                                             "note") if name in failure}
    kept |= {name: kept[name][:MAX_INPUTS] for name in ("exact", "note") if name in kept}
    kept |= {"id": case["id"]}
    if failure.get("ulps"):
        kept["ulps"] = short(failure["ulps"][1])
    if len(json.dumps(case["inputs"])) <= MAX_INPUTS:
        kept |= {"params": case["params"], "inputs": case["inputs"]}
    return kept

def results(report):
    """What is kept of each loss of a report of one type."""
    for entry in report["by_loss"]:
        loss, sums = entry["loss"], entry["sums"]
        if sums["judged"] == 0:
            continue
        kept = {"loss": loss, "dtype": entry["dtype"]}
        kept |= {name: sums[name] for name in ("judged", "within", "outside", "undecided", "unjudged",
                                               "scaled", "gradients", "outside_by_class")}
        for worst in ("worst_value", "worst_gradient"):
            if worst in sums:
                kept[worst] = short(sums[worst]["ulps"][1])
        failures = [failure for failure in report["failures"] if failure["loss"] == loss]
        if failures:
            kept["smallest"] = smallest(min(failures, key=lambda f: (is_mild(f), size(f))))
        kept["dialects"] = [{name: tried[name] for name in ("dialect", "right", "not")}
                            for tried in report["dialects"] if tried["loss"] == loss]
        yield kept

def run(library):
    adapter, packages = LIBRARIES[library]
    find = rust if adapter.startswith("rust") else python
    command, versions = find(adapter, packages.split())
    losses = []
    for dtype in DTYPES:
        print(f"{library}, {dtype} …", file=sys.stderr, flush=True)
        losses += results(report(command, dtype))
    return {"library": library, "adapter": adapter, "versions": versions,
            "date": datetime.date.today().isoformat(),
            "losses": sorted(losses, key=lambda kept: (kept["loss"], kept["dtype"] != "f64"))}

def write(libraries):
    """One line for each loss, so that two versions of the file can be compared."""
    oracle = subprocess.run([ORACLE, "--version"], capture_output=True, text=True, check=True)
    head = {"oracle": oracle.stdout.split()[-1], "level": LEVEL, "seed": SEED, "max_ulps": MAX_ULPS}
    order = list(LIBRARIES)
    libraries = sorted(libraries, key=lambda entry: order.index(entry["library"]))
    text = json.dumps(head, ensure_ascii=False)[:-1] + ', "libraries": [\n'
    text += ",\n".join(
        json.dumps({**entry, "losses": None}, ensure_ascii=False)[:-len("null}")] + "[\n"
        + ",\n".join(json.dumps(kept, ensure_ascii=False) for kept in entry["losses"]) + "]}"
        for entry in libraries) + "\n]}\n"
    json.loads(text)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text, encoding="utf-8")

def main():
    wanted = sys.argv[1:] or list(LIBRARIES)
    if unknown := set(wanted) - set(LIBRARIES):
        raise SystemExit(f"no adapter for {sorted(unknown)}: there are {list(LIBRARIES)}")
    known = json.loads(RESULTS.read_text(encoding="utf-8"))["libraries"] if RESULTS.exists() else []
    known = {entry["library"]: entry for entry in known if entry["library"] not in wanted}
    missing = {}
    for library in wanted:
        try:
            known[library] = run(library)
            write(known.values())
        except Missing as reason:
            missing[library] = reason
    for library, reason in missing.items():
        print(f"MISSING, and not in {RESULTS.name}: {library} ({reason})", file=sys.stderr)
    return 1 if missing else 0

if __name__ == "__main__":
    sys.exit(main())
