"""The losses of segmentation-models-pytorch."""
from segmentation_models_pytorch.losses import (FocalLoss, LovaszLoss, SoftBCEWithLogitsLoss,
                                                SoftCrossEntropyLoss)

from cases import Unsupported
from torch_cases import answer_by_autograd

def loss(case, x, target):
    logits = case.space == "logits"
    if case.loss == "cross_entropy" and logits and case.labels is not None:
        p = case.only("label_smoothing", "ignore_index")
        value = SoftCrossEntropyLoss(case.reduction, p.get("label_smoothing", 0.0),
                                     p.get("ignore_index"))(x, target)
        return value.view(-1) if case.reduction == "none" else value
    if case.loss == "binary_cross_entropy" and logits:
        p = {k: x.new_tensor(v) for k, v in case.only("weights", "pos_weight").items()}
        return SoftBCEWithLogitsLoss(p.get("weights"), None, case.reduction,
                                     pos_weight=p.get("pos_weight"))(x, target)
    if case.loss == "focal" and "multi_class" not in case.params and case.reduction != "none":
        p = case.only("gamma", "alpha")
        mode = "binary" if case.labels is None else "multiclass"
        return FocalLoss(mode, p.get("alpha"), p.get("gamma", 2.0), from_logits=logits,
                         reduction=case.reduction)(x, target)
    if case.loss == "lovasz_hinge":
        p = case.only("per_image", "ignore_index")
        is_batch = x.dim() == 2
        return LovaszLoss("binary", p.get("per_image", False) and is_batch, p.get("ignore_index"))(
            x, target)
    if case.loss == "lovasz_softmax" and case.params.get("classes", "present") == "present":
        p = case.only("classes", "per_image", "ignore_index")
        images = x if x.dim() == 3 else x[None]
        pixels = images.movedim(-1, 1)[:, :, None]
        return LovaszLoss("multiclass", p.get("per_image", False), p.get("ignore_index"),
                          from_logits=logits)(pixels, target.view(len(images), 1, -1))
    raise Unsupported

answer_by_autograd(loss)
