"""What a variant comes to, as plain values: the driver, which loads no TensorFlow, compares what its workers found out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VariantFingerprint:
    """What a variant comes to: see `harness.models.fingerprint.effect`."""

    digest: str = ""  # of all that its training would be given; empty where that cannot be told
    fault: str = ""  # why its layers cannot be edited as it says
    weights: str = ""  # hash of a network's initial weights
    epochs: int | None = None  # that it trains at the most, in all of its phases; None where that cannot be told
    error: str = ""  # what its trials would end with for want of samples, or of the study's metric
    estimator: bool = False  # of scikit-learn, which draws all that is random from one number
