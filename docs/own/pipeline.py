"""A scikit-learn pipeline with a metric of your own: train returns what it has measured."""

from harness import Metric, Study, Variant


def train(settings, trial):
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import RobustScaler, StandardScaler

    x, y = load_breast_cancer(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, stratify=y, random_state=trial.seed)
    scaler = RobustScaler() if settings.robust else StandardScaler()
    model = make_pipeline(scaler, LogisticRegression(C=settings.c, max_iter=500)).fit(x_train, y_train)
    areas = [roc_auc_score(truth, model.decision_function(part)) for part, truth in ((x_train, y_train), (x_test, y_test))]
    return {"train_auc": areas[0], "test_auc": areas[1]}


STUDY = Study("pipeline", base={"c": 1.0, "robust": False}, variants=(Variant("robust", robust=True), Variant("weak", c=0.01)),
    train=train, metric=Metric("auc", margin=0.002, higher_is_better=True, fraction=True))  # fmt: skip
