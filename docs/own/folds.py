"""You have few samples: folds=5 divides them anew for each trial, and pairs the variants fold by fold."""

from harness import Arrays, Folds, Settings, Study, Variant


def arrays(settings):
    from sklearn.datasets import load_iris

    x, y = load_iris(return_X_y=True)
    return Arrays(x_train=x[:100], y_train=y[:100], x_test=x[100:], y_test=y[100:])  # folds divide all of them anew


def build(settings):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=settings.learning_rate, max_iter=500)


BASE = Settings(learning_rate=1.0)
STUDY = Study("folds", base=BASE, build=build, arrays=arrays, folds=Folds(5, repeats=2, stratified=True),
    variants=(Variant("weak", learning_rate=0.0001), Variant("strong", learning_rate=100.0)))  # fmt: skip
