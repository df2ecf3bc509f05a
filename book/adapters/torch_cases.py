"""Cases as PyTorch tensors, and gradients by autograd: what the adapters of its users share."""
import torch

from cases import Unsupported, answer

DTYPES = {"f64": torch.float64, "f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}

def answer_by_autograd(loss):
    """Answers each case with loss(case, x, target): x and real targets are tensors of its type."""
    def evaluate(case):
        if case.space == "predictions":
            raise Unsupported
        dtype = DTYPES[case.dtype]
        x = torch.tensor(case.prediction, dtype=dtype, requires_grad=True)
        if case.labels is not None:
            target = torch.tensor(case.labels)
        else:
            target = None if case.targets is None else torch.tensor(case.targets, dtype=dtype)
        value = loss(case, x, target)
        value.sum().backward()
        return value.tolist(), x.grad.tolist()
    answer(evaluate)

def reduced(case, losses):
    """The losses of the elements, reduced as a user would."""
    return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[case.reduction]
