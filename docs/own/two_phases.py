"""Fine-tuning in two phases: the new head alone, then a part of the backbone with it, slowly."""

from dataclasses import dataclass

from harness import Phase, Settings, Study, Variant


@dataclass(frozen=True)
class Tuning(Settings):
    unfrozen: str = "backbone/block_1[3-6]*"  # of the backbone, what the second phase trains


def build(settings):
    from keras import Sequential, applications, layers

    backbone = applications.MobileNetV2((32, 32, 3), include_top=False, weights=None, pooling="avg", name="backbone")
    entry = [layers.Input((28, 28)), layers.Reshape((28, 28, 1)), layers.ZeroPadding2D(2), layers.Conv2D(3, 1)]
    return Sequential([*entry, backbone, layers.Dense(10, activation="softmax")])


STUDY = Study("two-phases", base=Tuning(), build=build, variants=(Variant("whole-backbone", unfrozen="backbone"),),
    phases=lambda settings: [Phase(2, freeze="backbone"), Phase(2, learning_rate=1e-5, train=settings.unfrozen)],
    question="How much of the backbone is to be tuned?")  # fmt: skip
