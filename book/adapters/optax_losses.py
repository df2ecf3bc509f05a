"""The losses of optax, on JAX."""
import jax
import jax.numpy as jnp
import optax

from cases import Unsupported, answer

jax.config.update("jax_enable_x64", True)
DTYPES = {"f64": jnp.float64, "f32": jnp.float32, "bf16": jnp.bfloat16, "f16": jnp.float16}

def losses(case, x, t):
    log_p = (lambda: jax.nn.log_softmax(x)) if case.space == "logits" else (lambda: jnp.log(x))
    if case.loss == "cross_entropy" and case.space == "logits":
        smoothing = case.only("label_smoothing").get("label_smoothing")
        if case.labels is not None and not smoothing:
            return optax.softmax_cross_entropy_with_integer_labels(x, jnp.array(case.labels))
        if case.labels is not None:
            t = jax.nn.one_hot(jnp.array(case.labels), x.shape[1], dtype=x.dtype)
        return optax.softmax_cross_entropy(x, optax.smooth_labels(t, smoothing) if smoothing else t)
    if case.loss == "kl_divergence":
        is_generalized = case.only("generalized").get("generalized")
        kl = optax.generalized_kl_divergence if is_generalized else optax.kl_divergence
        return kl(log_p(), t)
    if case.loss == "binary_cross_entropy" and case.space == "logits" and not case.only():
        return optax.sigmoid_binary_cross_entropy(x, t)
    if case.loss == "focal" and case.space == "logits" and case.labels is None:
        p = case.only("gamma", "alpha")
        return optax.sigmoid_focal_loss(x, t, alpha=p.get("alpha"), gamma=p.get("gamma", 2.0))
    raise Unsupported

def evaluate(case):
    x, t = (None if a is None else jnp.array(a, DTYPES[case.dtype])
            for a in (case.prediction, case.targets))
    reduce = {"none": lambda a: a, "sum": jnp.sum, "mean": jnp.mean}[case.reduction]
    value, pull = jax.vjp(lambda x: reduce(losses(case, x, t)), x)
    return value.astype(float).tolist(), pull(jnp.ones_like(value))[0].astype(float).tolist()

answer(evaluate)
