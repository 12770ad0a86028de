"""A learning rate that falls where the validation loss stands still; each trial keeps its best model and a table of its own."""

from dataclasses import dataclass

from harness import Settings, Study, Variant


@dataclass(frozen=True)
class Falling(Settings):
    factor: float = 1.0  # what the learning rate is multiplied by, once an epoch brings no better validation loss


def callbacks(settings, folder):
    from keras.callbacks import CSVLogger, ModelCheckpoint, ReduceLROnPlateau

    files = [ModelCheckpoint(folder / "best.keras", save_best_only=True), CSVLogger(folder / "epochs.csv")]
    return files if settings.factor == 1 else [ReduceLROnPlateau(factor=settings.factor, patience=1), *files]


STUDY = Study("training-files", base=Falling(epochs=10, validation=5000), callbacks=callbacks,
              variants=(Variant("falling", factor=0.3),), question="Does a falling rate help?")  # fmt: skip
