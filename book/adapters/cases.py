"""Reads cases and writes answers as lines of JSON: what the adapters of this folder share."""
import json
import sys
from fractions import Fraction

DEFAULTS = {"base": "e", "label_smoothing": 0, "pos_weight": 1, "classes": "present",
            "per_image": False, "generalized": False, "multi_class": False}

class Unsupported(Exception):
    """The library has no such function."""

def number(x):
    """Numbers of a case: JSON numbers, or strings such as "-inf", "0x1p-3" or "1/3"."""
    if isinstance(x, list):
        return [number(y) for y in x]
    if not isinstance(x, str) or x in ("e", "auto", "all"):
        return x
    return float(Fraction(x)) if "/" in x else float.fromhex(x)

class Case:
    def __init__(self, line):
        self.id, self.loss, self.dtype = line["id"], line["loss"], line["dtype"]
        params, inputs = line["params"], line["inputs"]
        self.reduction = params.pop("reduction", "mean")
        self.params = {k: number(v) for k, v in params.items() if v != DEFAULTS.get(k)}
        self.labels = inputs.pop("labels", inputs.pop("foreground", None))
        self.targets = number(inputs.pop("targets", None))
        (self.space, self.prediction), = ((name, number(x)) for name, x in inputs.items())

    def only(self, *names):
        """The parameters that are set, if the library knows all of them; no list for alpha."""
        if set(self.params) - set(names) or isinstance(self.params.get("alpha"), list):
            raise Unsupported
        return self.params

def answer(evaluate):
    """Answers each case with the value and the gradient, lists or None, that evaluate gives."""
    for case in map(Case, map(json.loads, sys.stdin)):
        try:
            said = dict(zip(("value", "gradient"), evaluate(case)))
        except Unsupported:
            said = {"status": "unsupported"}
        except Exception as error:
            said = {"status": "error", "error": repr(error)[:200]}
        print(json.dumps({"id": case.id, **said}), flush=True)
