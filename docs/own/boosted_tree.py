"""Boosted trees with early stopping: validation samples say when."""

from harness import Metric, Study, Variant


def train(settings, trial):
    import numpy as np
    from sklearn.datasets import load_diabetes
    from sklearn.ensemble import HistGradientBoostingRegressor

    x, y = load_diabetes(return_X_y=True)
    parts = dict(zip(("train", "validation", "test"), np.split(np.random.permutation(442), (282, 342)), strict=True))
    model = HistGradientBoostingRegressor(learning_rate=settings.rate, max_iter=0, warm_start=True)
    best, since = np.inf, 0
    while since < settings.patience and model.max_iter < settings.most:
        model.max_iter += 1
        model.fit(x[parts["train"]], y[parts["train"]])
        rmse = {name: np.mean((model.predict(x[rows]) - y[rows]) ** 2) ** 0.5 for name, rows in parts.items()}
        trial.log(model.max_iter, **{f"{name}_rmse": value for name, value in rmse.items()})
        best, since = min(best, rmse["validation"]), 0 if rmse["validation"] < best else since + 1


STUDY = Study("boosted-tree", base={"rate": 0.1, "patience": 5, "most": 100}, variants=[Variant("impatient", patience=1)],
    train=train, metric=Metric("rmse", margin=1.0, higher_is_better=False))  # fmt: skip
