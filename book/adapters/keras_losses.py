"""The losses of Keras, on TensorFlow."""
import os

os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
import tensorflow as tf

from cases import Unsupported, answer

DTYPES = {"f64": "float64", "f32": "float32", "bf16": "bfloat16", "f16": "float16"}

def loss(case, x, t, **how):
    logits, labels = case.space == "logits", case.labels
    if case.loss == "cross_entropy" and labels is not None and "label_smoothing" not in case.params:
        ignored = case.only("ignore_index").get("ignore_index")
        return keras.losses.SparseCategoricalCrossentropy(logits, ignored, **how)(
            tf.constant(labels), x)
    if case.loss == "cross_entropy":
        t = t if labels is None else tf.one_hot(labels, x.shape[1], dtype=x.dtype)
        smoothing = case.only("label_smoothing").get("label_smoothing", 0.0)
        return keras.losses.CategoricalCrossentropy(logits, smoothing, **how)(t, x)
    if case.loss == "kl_divergence" and not logits and not case.only():
        return keras.losses.KLDivergence(**how)(t, x)
    if case.loss == "binary_cross_entropy" and not case.only():
        # The last axis is averaged, so that the elements get one more.
        return keras.losses.BinaryCrossentropy(logits, **how)(t[..., None], x[..., None])
    if case.loss == "focal" and labels is None and "multi_class" not in case.params:
        p = case.only("gamma", "alpha")
        return keras.losses.BinaryFocalCrossentropy("alpha" in p, p.get("alpha"), p.get(
            "gamma", 2.0), logits, **how)(t[..., None], x[..., None])
    raise Unsupported

def evaluate(case):
    dtype = DTYPES[case.dtype]
    how = {"mean": "sum_over_batch_size", "none": None}.get(case.reduction, case.reduction)
    x, t = (a if a is None else tf.constant(a, dtype) for a in (case.prediction, case.targets))
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(case, x, t, reduction=how, dtype=dtype)
    return [tf.cast(a, "float64").numpy().tolist() for a in (value, tape.gradient(value, x))]

answer(evaluate)
