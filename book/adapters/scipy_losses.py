"""The losses as users of NumPy and SciPy write them. There are no gradients."""
import numpy as np
from scipy.spatial.distance import jaccard
from scipy.special import entr, kl_div, log_expit, log_softmax, rel_entr, xlog1py, xlogy

from cases import Unsupported, answer

def losses(case, x, t):
    logits = case.space == "logits"
    if case.loss == "cross_entropy" and not case.only():
        log_p = log_softmax(x, axis=1) if logits else None
        if case.labels is None:
            return -np.sum(t * log_p if logits else xlogy(t, x), axis=1)
        log_p = log_p if logits else np.log(x)
        return -log_p[np.arange(len(x)), case.labels]
    if case.loss == "entropy" and not logits and not case.only():
        return np.sum(entr(x), axis=1)
    if case.loss == "kl_divergence" and not logits:
        is_generalized = case.only("generalized").get("generalized")
        return np.sum((kl_div if is_generalized else rel_entr)(t, x), axis=1)
    if case.loss == "binary_cross_entropy" and not case.only():
        if logits:
            return -(t * log_expit(x) + (1 - t) * log_expit(-x))
        return -(xlogy(t, x) + xlog1py(1 - t, -x))
    if case.loss == "jaccard" and "class" in case.params:
        c = case.only("class", "class_count")["class"]
        return jaccard(np.ravel(x) == c, np.ravel(case.labels) == c)
    raise Unsupported

def evaluate(case):
    dtype = {"f32": np.float32, "f64": np.float64}.get(case.dtype)
    if dtype is None:
        raise Unsupported
    x, t = (None if a is None else np.array(a, dtype) for a in (case.prediction, case.targets))
    with np.errstate(all="ignore"):
        loss = losses(case, x, t)
    return {"none": np.asarray, "sum": np.sum, "mean": np.mean}[case.reduction](loss).tolist(), None

answer(evaluate)
