"""The losses of kornia."""
from kornia.losses import (binary_focal_loss_with_logits, focal_loss, kl_div_loss_2d,
                           lovasz_hinge_loss, lovasz_softmax_loss)

from cases import Unsupported
from torch_cases import answer_by_autograd

def loss(case, x, target):
    if case.loss == "focal" and case.space == "logits" and "multi_class" not in case.params:
        p = case.only("gamma", "alpha")
        how = {"alpha": p.get("alpha"), "gamma": p.get("gamma", 2.0), "reduction": case.reduction}
        if case.labels is None:
            value = binary_focal_loss_with_logits(x.view(1, 1, -1), target.view(1, 1, -1), **how)
            return value.view(x.shape) if case.reduction == "none" else value
        # With "none" there is a map of all classes, of which one is not 0.
        value = focal_loss(x, target, **how)
        return value.sum(1) if case.reduction == "none" else value
    if case.loss == "kl_divergence" and case.space == "probabilities" and not case.only():
        # One heatmap for each row, each an image of one line.
        value = kl_div_loss_2d(x[:, None, None], target[:, None, None], case.reduction)
        return value.view(-1) if case.reduction == "none" else value
    if case.loss == "lovasz_hinge":
        # Each image has a loss of its own; all pixels taken together are one image.
        together = case.only("per_image") == {}
        shape = (1, 1, 1, -1) if together else (x.shape[0], 1, 1, -1)
        return lovasz_hinge_loss(x.view(shape), target.view(shape)[:, 0])
    if case.loss == "lovasz_softmax" and case.space == "logits":
        if case.only("classes", "per_image").get("classes") != "all":
            raise Unsupported
        images = x if "per_image" in case.params and x.dim() == 3 else x.reshape(1, -1, x.shape[-1])
        pixels = images.movedim(-1, 1)[:, :, None]
        return lovasz_softmax_loss(pixels, target.view(len(pixels), 1, -1))
    raise Unsupported

answer_by_autograd(loss)
