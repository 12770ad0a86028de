"""A long training that can be interrupted: it keeps its state, and the next attempt goes on from there."""

from harness import Metric, Study, Variant


def train(settings, trial):
    import numpy as np
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True)
    x, y = x / x.std(axis=0), y / 100
    state = trial.resume() or {"epoch": 0, "weights": np.zeros(x.shape[1] + 1)}
    for epoch in range(state["epoch"] + 1, settings.epochs + 1):
        for row in np.random.permutation(342):  # random states are kept with the state
            inputs = np.append(x[row], 1.0)
            state["weights"] += settings.rate * (y[row] - inputs @ state["weights"]) * inputs
        errors = np.column_stack([x, np.ones(len(x))]) @ state["weights"] - y
        trial.log(epoch, train_loss=np.mean(errors[:342] ** 2), test_rmse=np.mean(errors[342:] ** 2) ** 0.5)
        trial.checkpoint(state | {"epoch": epoch})  # behind log: it keeps what is logged so far


STUDY = Study("resumed", base={"rate": 0.001, "epochs": 20}, variants=(Variant("fast", rate=0.01),),
    train=train, metric=Metric("rmse", margin=0.01, higher_is_better=False))  # fmt: skip
