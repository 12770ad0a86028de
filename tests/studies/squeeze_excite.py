"""Do channels need to be weighed?"""

from harness import Arrays, Settings, Study, Variant


def arrays(settings):
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x = (x.reshape(-1, 8, 8, 1) / 16).astype("float32")
    return Arrays(x_train=x[:256], y_train=y[:256], x_test=x[256:384], y_test=y[256:384])


def build(settings):
    import keras
    from keras import layers

    image = keras.Input((8, 8, 1), name="image")
    features = layers.SeparableConv2D(8, 3, padding="same", activation="relu", name="features")(image)
    weight = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(features)
    weight = layers.Conv2D(2, 1, activation="relu", name="narrow")(weight)
    weight = layers.Conv2D(8, 1, activation="sigmoid", name="excite")(weight)
    pooled = layers.MaxPooling2D(2, name="pool")(features * weight)
    return keras.Model(image, layers.Dense(10, activation="softmax", name="digits")(layers.Flatten(name="flat")(pooled)))


STUDY = Study("squeeze-excite", base=Settings(epochs=2), build=build, arrays=arrays,
    variants=(Variant("unweighed", cut="multiply:excite"),))  # fmt: skip
