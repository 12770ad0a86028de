"""You have images on disk, a folder for each class: tf.data reads and augments them, in a compiled loop."""

from pathlib import Path

from harness import Data, Settings, Study, Variant

FOLDER = Path(__file__).parent / "images"  # images/train/cat/1.png, images/test/cat/2.png, ...


def datasets(settings, seed):
    from keras.utils import image_dataset_from_directory

    options = {"image_size": (8, 8), "batch_size": settings.batch_size, "color_mode": "grayscale", "verbose": False}
    train = image_dataset_from_directory(FOLDER / "train", shuffle=True, seed=seed, **options)
    return Data(train=train, test=image_dataset_from_directory(FOLDER / "test", shuffle=False, **options), classes=2)


def build(settings):
    from keras import Input, Sequential, layers

    return Sequential([Input((8, 8, 1)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2, activation="softmax")])


STUDY = Study("images-on-disk", base=Settings(epochs=2), build=build, datasets=datasets, variants=(Variant("long", epochs=4),))
