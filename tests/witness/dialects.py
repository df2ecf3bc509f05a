"""Writes dialects.tsv: dialects of the losses at a few cases, from their definitions, to 40 digits.

    python dialects.py > dialects.tsv

Needs mpmath. Gradients are numerical derivatives at 200 digits; only a clamp whose derivative a
library replaces has its replacement written out. Nothing here is shared with the crate.
"""
import json

from mpmath import diff, exp, ln, mp, mpf, nstr

mp.dps = 200


def softmax(z):
    total = sum(exp(x) for x in z)
    return [exp(x) / total for x in z]


def sigmoid(x):
    return 1 / (1 + exp(-x))


def ce(q, p):
    return -sum(a * ln(b) for a, b in zip(q, p) if a != 0)


def bce(y, p):
    return -(y * ln(p) if y else 0) - ((1 - y) * ln(1 - p) if y != 1 else 0)


def clip(x, low, high):
    return min(max(x, low), high)


def one_hot(y, k):
    return [mpf(c == y) for c in range(k)]


def mean(x):
    return sum(x) / len(x)


def jaccard_extension(errors, foreground):
    """The sum over the sorted errors of the differences of 1 - intersection over union."""
    order = sorted(range(len(errors)), key=lambda i: -errors[i])
    total, wrong, last = mpf(0), set(), mpf(0)
    everything = {i for i, y in enumerate(foreground) if y}
    for i in order:
        wrong.add(i)
        now = mpf(len(wrong)) / len(everything | wrong)
        total, last = total + errors[i] * (now - last), now
    return total


LOW, HIGH = mpf(float("1e-7")), mpf(1 - float("1e-7"))
Q = lambda text: mpf(text.split("/")[0]) / (mpf(text.split("/")[1]) if "/" in text else 1)


def rows(flat, k):
    return [flat[i:i + k] for i in range(0, len(flat), k)]


def smoothed_ce(flat, labels, eps, weights):
    value, k = mpf(0), 3
    for z, y in zip(rows(flat, k), labels):
        if y != 9:
            q = [(1 - eps) * h + (1 - h) * eps / (k - 1) for h in one_hot(y, k)]
            value += ce([w * a for w, a in zip(weights, q)], softmax(z))
    return value / sum(weights[y] for y in labels if y != 9)


def sparse_clipped(flat, labels):
    inner = [[clip(x, LOW, HIGH) for x in p] for p in rows(flat, 3)]
    return mean([ln(sum(p)) - ln(p[y]) for p, y in zip(inner, labels)])


def soft_clipped(flat, targets):
    shares = [[x / sum(p) for x in p] for p in rows(flat, 3)]
    return mean([ce(q, [clip(x, LOW, HIGH) for x in p]) for p, q in zip(shares, targets)])


def balanced(y, p, alpha):
    return -alpha * y * ln(p) - (1 - alpha) * (1 - y) * ln(1 - p)


def per_image(flat, targets):
    total = mpf(0)
    for p, y in zip(rows(flat, 3), targets):
        alpha = sum(1 - t for t in y) / len(y)
        total += sum(balanced(t, x, alpha) for t, x in zip(y, p))
    return total / len(flat)


def hinge_outside(x, labels):
    errors = [1 - a * (2 * y - 1) for a, y in zip(x, labels)]
    return max(jaccard_extension(errors, labels), mpf(0))


def hinge(x, labels):
    errors = [max(1 - a * (2 * y - 1), mpf(0)) for a, y in zip(x, labels)]
    return jaccard_extension(errors, labels)


def lovasz_softmax(p, labels):
    classes = sorted(set(labels))
    of = lambda c: jaccard_extension(
        [abs(mpf(y == c) - q[c]) for q, y in zip(p, labels)], [y == c for y in labels])
    return mean([of(c) for c in classes])


def focal(y, p, gamma, alpha, focus):
    weight = alpha * y + (1 - alpha) * (1 - y)
    return weight * focus ** gamma * bce(y, p)


def case(dialect, loss, space, numbers, target, value, params=None, gradient=None):
    """A line: numbers are texts, nested; value is a function of the flat list of them."""
    flat = lambda x: [b for a in x for b in flat(a)] if isinstance(x, list) else [x]
    at = [Q(x) for x in flat(numbers)]
    line = {"loss": loss, "dtype": "f64", "params": params or {},
            "inputs": {space: numbers, **target}}

    def along(i):
        return lambda t: value(at[:i] + [t] + at[i + 1:])

    slopes = [gradient(x, i) if gradient else diff(along(i), x) for i, x in enumerate(at)]
    digits = lambda x: nstr(x, 40) if abs(x) > mpf(10) ** -90 else "0"
    print(dialect, json.dumps(line), digits(value(at)), *map(digits, slopes), sep="\t")


Z = [["1/2", "2", "-1"], ["0", "1/4", "3"], ["-2", "1", "5/4"]]
P = [["1/2", "1/4", "1/4"], ["1/8", "1/8", "3/4"]]
W = [mpf(1), mpf(3), mpf(1) / 2]
tenth = mpf(1) / 10

weighted = lambda keep, divisor: lambda flat: sum(
    W[y] * ce(one_hot(y, 3), softmax(z))
    for z, y in zip(rows(flat, 3), [0, 9, 1]) if y != 9) / divisor
labels = {"labels": [0, 9, 1]}
options = {"weights": [1, 3, 0.5], "ignore_index": 9}
case("mean_over_kept_rows", "cross_entropy", "logits", Z, labels, weighted(True, 2), options)
case("mean_over_all_rows", "cross_entropy", "logits", Z, labels, weighted(True, 3), options)
case("all_ignored_is_zero", "cross_entropy", "logits", Z, {"labels": [9, 9, 9]},
     lambda flat: mpf(0), {"ignore_index": 9})
case("smoothing_over_other_classes", "cross_entropy", "logits", Z, labels,
     lambda flat: smoothed_ce(flat, [0, 9, 1], tenth, W), {**options, "label_smoothing": "1/10"})
SMALL = [["1/2", "1/1000000000", "1/4"], ["3/4", "1/8", "1/8"]]
case("clipped", "cross_entropy", "probabilities", SMALL, {"labels": [1, 2]},
     lambda flat: sparse_clipped(flat, [1, 2]))
case("clipped", "cross_entropy", "probabilities", SMALL,
     {"targets": [["1/2", "1/4", "1/4"], ["1/8", "3/4", "1/8"]]},
     lambda flat: soft_clipped(flat, [[Q("1/2"), Q("1/4"), Q("1/4")], [Q("1/8"), Q("3/4"), Q("1/8")]]))
targets = [["1/2", "1/2", "0"], ["1/8", "3/8", "1/2"]]
T = [[Q(x) for x in row] for row in targets]
kl = lambda q, p: sum(a * ln(a / b) for a, b in zip(q, p) if a)
case("mean_over_elements", "kl_divergence", "probabilities", P, {"targets": targets},
     lambda flat: sum(kl(q, p) for q, p in zip(T, rows(flat, 3))) / 6)
inside = lambda x: clip(x, LOW, mpf(1))
case("clipped", "kl_divergence", "probabilities", SMALL, {"targets": targets},
     lambda flat: sum(kl(map(inside, q), map(inside, p)) for q, p in zip(T, rows(flat, 3))) / 2)
logs = [["-1", "-3/2", "-2"], ["-1/2", "-2", "-3"]]
L = [[Q(x) for x in row] for row in logs]
case("log_targets", "kl_divergence", "probabilities", P, {"targets": logs},
     lambda flat: sum(exp(t) * (t - ln(x)) for l, p in zip(L, rows(flat, 3)) for t, x in zip(l, p)) / 2)
case("log_targets", "kl_divergence", "logits", Z[:2], {"targets": logs},
     lambda flat: sum(exp(t) * (t - ln(x)) for l, z in zip(L, rows(flat, 3))
                      for t, x in zip(l, softmax(z))) / 2)
B, Y = ["1/4", "7/8", "1/100000000", "1/2"], ["1", "1/4", "1", "0"]
y4 = [Q(x) for x in Y]
case("clipped", "binary_cross_entropy", "probabilities", B, {"targets": Y},
     lambda p: mean([bce(y, clip(x, LOW, HIGH)) for x, y in zip(p, y4)]))
TINY = ["1/4", "7/8", "1/" + "1" + "0" * 60, "1/" + "1" + "0" * 20]
floor = lambda x: max(ln(x), mpf(-100)) if x else mpf(-100)
case("log_clamped", "binary_cross_entropy", "probabilities", TINY, {"targets": Y},
     lambda p: mean([-y * floor(x) - (1 - y) * floor(1 - x) for x, y in zip(p, y4)]),
     gradient=lambda x, i: (x - y4[i]) / max(x * (1 - x), mpf(10) ** -12) / 4)
X = ["1/2", "-2", "3", "-1/4"]
case("smoothed_towards_half", "binary_cross_entropy", "logits", X, {"targets": Y},
     lambda x: mean([bce(y * (1 - tenth) + tenth / 2, sigmoid(a)) for a, y in zip(x, y4)]),
     {"label_smoothing": "1/10"})
case("smoothed_towards_other", "binary_cross_entropy", "logits", X, {"targets": Y},
     lambda x: mean([bce(y * (1 - tenth) + (1 - y) * tenth, sigmoid(a)) for a, y in zip(x, y4)]),
     {"label_smoothing": "1/10"})
ratio = sum(1 - y for y in y4) / sum(y4)
case("positive_weight", "balanced_cross_entropy", "logits", X, {"targets": Y},
     lambda x: mean([ratio * -y * ln(sigmoid(a)) - (1 - y) * ln(1 - sigmoid(a))
                     for a, y in zip(x, y4)]))
images = [["1", "0", "0"], ["1", "1", "1/4"]]
I = [[Q(x) for x in row] for row in images]
case("per_image", "balanced_cross_entropy", "probabilities", P, {"targets": images},
     lambda flat: per_image(flat, I))
soft = {"gamma": 3, "alpha": 0.25}
quarter = mpf(1) / 4
each = lambda focus: lambda x: mean([
    focal(y, sigmoid(a), 3, quarter, focus(a, y)) for a, y in zip(x, y4)])
differ = lambda y, p: y * (1 - p) + (1 - y) * p
case("focus_by_agreement", "focal", "logits", X, {"targets": Y},
     each(lambda a, y: differ(y, sigmoid(a))), soft)
agreement = lambda gamma: lambda p: sum(
    differ(y, x) ** gamma * bce(y, x) for x, y in zip(p, y4))
for power in "1/2", "1", "2":
    case("focus_by_agreement", "focal", "probabilities", B, {"targets": Y}, agreement(Q(power)),
         {"gamma": power, "reduction": "sum"})
case("focus_by_agreement", "focal", "logits", X, {"targets": Y},
     lambda x: mean([bce(y, sigmoid(a)) for a, y in zip(x, y4)]), {"gamma": 0})
kept_inside = lambda gamma, t: lambda p: sum(
    differ(y, x) ** gamma * bce(y, clip(x, LOW, HIGH)) for x, y in zip(p, t))
for power in "1/2", "1", "2":
    case("clipped", "focal", "probabilities", B, {"targets": Y}, kept_inside(Q(power), y4),
         {"gamma": power, "reduction": "sum"})
for power in "1", "2":
    case("clipped", "focal", "probabilities", ["1", "0", "1"], {"targets": ["1", "0", "0"]},
         kept_inside(Q(power), [1, 0, 0]), {"gamma": power, "reduction": "sum"})
case("focus_by_cross_entropy", "focal", "logits", X, {"targets": Y},
     each(lambda a, y: 1 - exp(-bce(y, sigmoid(a)))), soft)
case("focus_by_signed_logit", "focal", "logits", X, {"targets": Y},
     each(lambda a, y: sigmoid(-a * (2 * y - 1))), soft)
case("mixture_of_outcomes", "focal", "logits", X, {"targets": Y},
     lambda x: mean([quarter * -y * (1 - sigmoid(a)) ** 3 * ln(sigmoid(a))
                     - (1 - quarter) * (1 - y) * sigmoid(a) ** 3 * ln(1 - sigmoid(a))
                     for a, y in zip(x, y4)]), soft)
plain = lambda y, z, gamma: -(1 - softmax(z)[y]) ** gamma * ln(softmax(z)[y])
three = {"labels": [0, 2, 1]}
case("one_alpha", "focal", "logits", Z, three,
     lambda flat: mean([quarter * plain(y, z, 2) for z, y in zip(rows(flat, 3), [0, 2, 1])]),
     {"alpha": 0.25})
case("background_alpha_mean_over_classes", "focal", "logits", Z, three,
     lambda flat: sum((quarter if y else 1 - quarter) * plain(y, z, 2)
                      for z, y in zip(rows(flat, 3), [0, 2, 1])) / 9, {"alpha": 0.25})
case("one_versus_rest", "focal", "logits", Z, three,
     lambda flat: sum(focal(h, sigmoid(a), 2, quarter, 1 - (sigmoid(a) if h else 1 - sigmoid(a)))
                      for z, y in zip(rows(flat, 3), [0, 2, 1])
                      for a, h in zip(z, one_hot(y, 3))) / 9, {"alpha": 0.25})
S = [["1/2", "-1", "2"], ["1", "1/4", "-3"]]
case("void_is_zero", "lovasz_hinge", "scores", S, {"labels": [[9, 9, 9], [9, 9, 9]]},
     lambda x: mpf(0), {"ignore_index": 9})
case("void_images_count", "lovasz_hinge", "scores", S, {"labels": [[9, 9, 9], [0, 1, 1]]},
     lambda x: hinge(x[3:], [0, 1, 1]) / 2, {"ignore_index": 9, "per_image": True})
case("thresholded_outside", "lovasz_hinge", "scores", S[0], {"labels": [1, 0, 1]},
     lambda x: hinge_outside(x, [1, 0, 1]))
case("thresholded_outside", "lovasz_hinge", "scores", ["9", "-8", "7"], {"labels": [1, 0, 1]},
     lambda x: hinge_outside(x, [1, 0, 1]))
case("void_is_zero", "lovasz_softmax", "probabilities", P, {"labels": [9, 9]},
     lambda x: mpf(0), {"ignore_index": 9})
case("void_images_count", "lovasz_softmax", "logits", [Z, Z], {"labels": [[0, 2, 1], [9, 9, 9]]},
     lambda x: lovasz_softmax([softmax(z) for z in rows(x[:9], 3)], [0, 2, 1]) / 2,
     {"ignore_index": 9, "per_image": True})
case("softmax_of_probabilities", "lovasz_softmax", "probabilities", P, {"labels": [0, 1]},
     lambda x: lovasz_softmax([softmax(p) for p in rows(x, 3)], [0, 1]))
