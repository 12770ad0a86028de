"""You have a generator or a keras.utils.PyDataset: return a function that makes a new generator for each epoch."""

from harness import Data, Settings, Study, Variant


def datasets(settings, seed):
    import numpy as np

    def batches(seed):
        random = np.random.default_rng(seed)
        for _ in range(20):
            x = random.normal(size=(settings.batch_size, 4)).astype("float32")
            yield x, (x.sum(axis=1) > 0).astype("int64")

    return Data(train=lambda: batches(seed), test=lambda: batches(10**6), version="normal, 1")


def build(settings):
    from keras import Input, Sequential, layers

    return Sequential([Input((4,)), layers.Dense(2, activation="softmax")])


STUDY = Study("generator", base=Settings(epochs=2), build=build, datasets=datasets, variants=(Variant("sgd", optimizer="sgd"),))
