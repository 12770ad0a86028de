"""A script as users have them: reads its arguments, trains, and leaves what it has measured. It knows no harness."""

import argparse
import csv
import json
import pathlib

from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, default=0.01)
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--average", action="store_true")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path())
parser.add_argument("--log", choices=("json", "csv", "tensorboard", "none"), default="json")
arguments = parser.parse_args()

x, y = load_digits(return_X_y=True)
rate = {"learning_rate": "constant", "eta0": arguments.rate}
model = SGDClassifier(loss="log_loss", random_state=arguments.seed, average=arguments.average, **rate)
rows = []
for epoch in range(1, arguments.epochs + 1):
    model.partial_fit(x[:1400] / 16, y[:1400], classes=range(10))
    scores = model.score(x[:1400] / 16, y[:1400]), model.score(x[1400:] / 16, y[1400:])
    rows.append({"epoch": epoch, "train_accuracy": scores[0], "test_accuracy": scores[1]})
    print(f"epoch {epoch} of {arguments.epochs}")

if arguments.log == "json":
    (arguments.out / "metrics.json").write_text(json.dumps(rows))
elif arguments.log == "csv":
    with (arguments.out / "log.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([("epoch", "acc", "val_acc"), *(tuple(row.values()) for row in rows)])
elif arguments.log == "tensorboard":
    from tensorboard.summary import Writer

    board = Writer(str(arguments.out))
    for row in rows:
        board.add_scalar("val/acc", row["test_accuracy"], row["epoch"])
    board.close()
print(f"accuracy: {scores[1]:.4f}")
