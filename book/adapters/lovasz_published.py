"""The published code of the Lovász losses, github.com/bermanmaxim/LovaszSoftmax, from the file
pytorch/lovasz_losses.py that the environment variable LOVASZ_REF names."""
import importlib.util
import os
import warnings

import torch

from cases import Unsupported
from torch_cases import answer_by_autograd

with warnings.catch_warnings(action="ignore"):  # it compares strings by identity
    spec = importlib.util.spec_from_file_location("lovasz_losses", os.environ["LOVASZ_REF"])
    published = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(published)

def loss(case, x, target):
    if case.loss == "lovasz_extension" and not case.only():
        errors, order = torch.sort(x, descending=True)
        return torch.dot(errors, published.lovasz_grad(target[order]))
    p = case.only("per_image", "ignore_index", "classes")
    how = {"per_image": p.get("per_image", False), "ignore": p.get("ignore_index")}
    if case.loss == "lovasz_hinge":
        images = x if x.dim() == 2 else x[None]
        return published.lovasz_hinge(images, target.view(images.shape), **how)
    if case.loss == "lovasz_softmax":
        # The code knows its words as literals only.
        classes = {"present": "present", "all": "all"}.get(str(p.get("classes", "present")))
        p = x if case.space == "probabilities" else torch.softmax(x, -1)
        images = (p if p.dim() == 3 else p[None]).movedim(-1, 1)[:, :, None]
        return published.lovasz_softmax(images, target.view(len(images), 1, -1),
                                        classes or case.params["classes"], **how)
    raise Unsupported

answer_by_autograd(loss)
