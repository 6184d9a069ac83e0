"""Binary cross-entropy over attributes, as eq. 2 and 3 have it."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits


def cross_entropy(logits: Tensor, labels: Tensor, counts: Tensor | None = None) -> Tensor:
    """Σ_i BCE(logits_i, labels_i), [B, n] each, averaged over faces; `counts` is 0 or 1."""
    losses = binary_cross_entropy_with_logits(logits.float(), labels.float(), reduction="none")
    return (losses if counts is None else losses * counts).sum(1).mean()
