"""A PyTorch network in a loop of its own."""

from harness import Study, Variant


def train(settings, trial):
    import torch
    from sklearn.datasets import load_digits

    x, y = (torch.tensor(part) for part in load_digits(return_X_y=True))
    x = x.float().reshape(-1, 1, 8, 8) / 16
    layers = torch.nn.Conv2d(1, settings.filters, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.LazyLinear(10)
    model = torch.nn.Sequential(*layers)
    optimizer = torch.optim.SGD(model.parameters(), lr=settings.lr, momentum=0.9)
    for epoch in range(1, settings.epochs + 1):
        for rows in torch.randperm(1400).split(64):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
        trial.log(epoch, train_loss=loss, test_accuracy=(model(x[1400:]).argmax(1) == y[1400:]).float().mean())


STUDY = Study("pytorch", base={"filters": 8, "lr": 0.1, "epochs": 5}, train=train, variants=(Variant("wide", filters=16),))
