"""Sums up the lines of several libraries, timed on the workloads of the benchmarks by a driver of
any kind, as the data that the book shows them from. It times nothing.

    python book/benchmarks/peers.py LINES PACKAGE... > book/benchmarks/peers.json

LINES is a file of lines as `workloads speed` prints them, from every library; rows that occur twice
count by their best times. Of the PACKAGEs the versions are noted; of one that Python does not know it is given, as
NAME=VERSION.
"""

import datetime
import importlib.metadata
import json
import os
import sys

FIELDS = ("workload", "dtype", "mode", "threads")
MODES = {"fwd": "value", "grad": "gradient"}


def version(package):
    name, given, number = package.partition("=")
    return name, number if given else importlib.metadata.version(name)


def main(lines, *packages):
    rows = {}
    for line in map(json.loads, open(lines)):
        if "error" not in line:
            line["mode"] = MODES[line["mode"]]
            best = rows.setdefault(tuple(line[field] for field in FIELDS), {})
            seconds = float(f"{line['best_s']:.3e}")
            best[line["peer"]] = min(seconds, best.get(line["peer"], seconds))
    with open("/proc/cpuinfo") as file:
        model = next(line for line in file if line.startswith("model name"))
    head = {
        "processor": model.split(":", 1)[1].strip(),
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "load": round(os.getloadavg()[2], 1),
        "versions": dict(map(version, packages)),
    }
    fields = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    times = [json.dumps({**dict(zip(FIELDS, key)), "best_s": best}) for key, best in rows.items()]
    fields.append('  "times": [\n    ' + ",\n    ".join(times) + "\n  ]")
    print("{\n" + ",\n".join(fields) + "\n}")


main(*sys.argv[1:])
