"""You have a table of pandas and want another split for each seed; build adapts a layer to the training part of it."""

from harness import Arrays, Settings, Study, Variant


def arrays(settings, seed):
    from sklearn.datasets import load_iris
    from sklearn.model_selection import train_test_split

    x, y = load_iris(return_X_y=True, as_frame=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=50, random_state=seed, stratify=y)
    return Arrays(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def build(settings, data):
    from keras import Input, Sequential, layers

    normalization = layers.Normalization()
    normalization.adapt(data.x_train)
    return Sequential([Input((len(data.feature_names),)), normalization, layers.Dense(3, activation="softmax")])


STUDY = Study("table-split-by-seed", base=Settings(epochs=2, validation=20, validation_by="stratified"), build=build,
    arrays=arrays, variants=(Variant("sgd", optimizer="sgd"),))  # fmt: skip
