"""A script as a study in Python: with variables of its environment, and variants that are computed."""

from harness import Command, Study, Variant

COMMAND = Command(
    "python scripts/digits.py --rate {rate} --epochs {epochs} --seed {seed} --out {folder} --log csv",
    csv="log.csv",
    names={"acc": "train_accuracy", "val_acc": "test_accuracy"},
    environment=("HF_HOME", "TOKENIZERS_PARALLELISM=false"),  # passed on where it is set; set
)
STUDY = Study("script-study", base={"rate": 0.01, "epochs": 5}, command=COMMAND,
    variants=[Variant(f"rate-{rate}", rate=rate) for rate in (0.001, 0.1)])  # fmt: skip
