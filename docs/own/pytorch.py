"""A PyTorch convolutional network on MNIST, in a loop of its own."""

from harness import Study, Variant


def train(settings, trial, data):
    import torch
    from torch.nn import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, functional

    x, y, x_test, y_test = (torch.tensor(part[: settings.samples]) for part in data)
    x, x_test, y = x[:, None] / 255, x_test[:, None] / 255, y.long()
    model = Sequential(Conv2d(1, settings.filters, 5), ReLU(), MaxPool2d(4), Flatten(), Linear(settings.filters * 36, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=settings.lr, momentum=0.9)
    for epoch in range(1, settings.epochs + 1):
        total = 0.0
        for rows in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows) / len(x)
        trial.log(epoch, train_loss=total, test_accuracy=(model(x_test).argmax(1) == y_test).float().mean())


STUDY = Study("pytorch", base={"dataset": "mnist", "samples": 10_000, "filters": 8, "lr": 0.05, "epochs": 3}, train=train,
    variants=[Variant("wide", filters=16), Variant("slow", lr=0.005)])  # fmt: skip
