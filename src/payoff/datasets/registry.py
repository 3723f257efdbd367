"""DATASETS: the list of the data sets. No other module names them.

The download and the runs do not import this module. They get the entry that they need, so that a new data set here does
not make the results of the others stale.
"""

from payoff.datasets.spec import DatasetSpec

DIGITS = tuple("0123456789")

DATASETS = {
    # the test part of UCI's optical recognition of handwritten digits, from scikit-learn
    "digits": DatasetSpec(
        title="Digits",
        reader="sklearn_digits",
        torchvision=None,
        shape=(1, 8, 8),
        max_value=16,
        classes=DIGITS,
    ),
    "mnist": DatasetSpec(
        title="MNIST",
        reader="torchvision",
        torchvision="MNIST",
        shape=(1, 28, 28),
        max_value=255,
        classes=DIGITS,
    ),
    "fashion_mnist": DatasetSpec(
        title="Fashion-MNIST",
        reader="torchvision",
        torchvision="FashionMNIST",
        shape=(1, 28, 28),
        max_value=255,
        classes=(
            "T-shirt/top",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
    ),
    "cifar10": DatasetSpec(
        title="CIFAR-10",
        reader="torchvision",
        torchvision="CIFAR10",
        shape=(3, 32, 32),
        max_value=255,
        classes=(
            "airplane",
            "automobile",
            "bird",
            "cat",
            "deer",
            "dog",
            "frog",
            "horse",
            "ship",
            "truck",
        ),
    ),
    # 20 rows of 10 random numbers, 5 random targets each
    "noise": DatasetSpec(
        title="Noise",
        reader="noise",
        torchvision=None,
        shape=(1, 1, 10),
        max_value=None,
        classes=(),
    ),
}
