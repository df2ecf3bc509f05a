"""The losses of PyTorch and torchvision."""
import torch.nn.functional as F
from torch.distributions import Categorical
from torch.special import entr
from torchvision.ops import sigmoid_focal_loss

from cases import Unsupported
from torch_cases import answer_by_autograd, reduced

def loss(case, x, target):
    logits, has_labels = case.space == "logits", case.labels is not None
    tensor = lambda name: None if p.get(name) is None else x.new_tensor(p[name])
    if case.loss == "cross_entropy" and logits:
        p = case.only("weights", "label_smoothing", *["ignore_index"] * has_labels)
        return F.cross_entropy(x, target, tensor("weights"), reduction=case.reduction,
                               ignore_index=p.get("ignore_index", -100),
                               label_smoothing=p.get("label_smoothing", 0.0))
    if case.loss == "cross_entropy" and has_labels:
        p = case.only("weights", "ignore_index")
        return F.nll_loss(x.log(), target, tensor("weights"), None, p.get("ignore_index", -100),
                          reduction=case.reduction)
    if case.loss == "entropy" and not case.only():
        return reduced(case, Categorical(logits=x).entropy() if logits else entr(x).sum(1))
    if case.loss == "kl_divergence" and not case.only():
        log_p = F.log_softmax(x, 1) if logits else x.log()
        kl = F.kl_div(log_p, target, reduction=case.reduction.replace("mean", "batchmean"))
        return kl.sum(1) if case.reduction == "none" else kl
    if case.loss == "binary_cross_entropy" and logits:
        p = case.only("weights", "pos_weight")
        return F.binary_cross_entropy_with_logits(x, target, tensor("weights"), None, None,
                                                  case.reduction, tensor("pos_weight"))
    if case.loss == "binary_cross_entropy":
        p = case.only("weights")
        return F.binary_cross_entropy(x, target, tensor("weights"), reduction=case.reduction)
    if case.loss == "focal" and logits and not (has_labels or case.params.get("multi_class")):
        p = case.only("gamma", "alpha")
        return sigmoid_focal_loss(x, target, p.get("alpha", -1), p.get("gamma", 2), case.reduction)
    raise Unsupported

answer_by_autograd(loss)
