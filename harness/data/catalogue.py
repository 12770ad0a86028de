"""The datasets the harness knows, with the hashes of their true content."""

from harness.data.specs import IDX_FILES, AnyDataset, Dataset, PerArray, TableDataset
from harness.errors import unknown

_DIGIT_NAMES = tuple("0123456789")

DATASETS: dict[str, AnyDataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "mnist",
            summary="60,000 training and 10,000 test images",
            class_names=_DIGIT_NAMES,
            train_count=60_000,
            test_count=10_000,
            sha256=PerArray(
                x_train="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                y_train="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                x_test="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                y_test="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
            # The one that keras.datasets.mnist pins.
            npz_sha256="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
        ),
        Dataset(
            "fashion-mnist",
            summary="60,000 training and 10,000 test images",
            class_names=(
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
            train_count=60_000,
            test_count=10_000,
            sha256=PerArray(
                x_train="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                y_train="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                x_test="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                y_test="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ),
        ),
        Dataset(
            "digits",
            summary="1,797 UCI images, 8x8 upscaled",
            class_names=_DIGIT_NAMES,
            train_count=1_437,
            test_count=360,
            sha256=PerArray(  # of what bundled.read_digits makes of them
                x_train="80f55ebd9cd6e68ed6a3fe4ea128e66e4ae0a60d52da0b45c5fcb6d33cfc3dfd",
                y_train="f8a600b73e2c056aa42316260206e6643bd33e96bd71cfb8e32b94f76fac4f93",
                x_test="459e941649046bb346c292b441fc2173b0b32a07c53174d63c241dbde75d28e5",
                y_test="cf2c8a23974df0c99eb3f36ff34c02acb9be1c84aca7280211ef04bea1135360",
            ),
            bundled=True,
        ),
        TableDataset(
            "california-housing",
            summary="20,640 districts of 1990, 8 features, house value in 100,000 dollars",
            feature_names=(
                *("MedInc", "HouseAge", "AveRooms", "AveBedrms"),
                *("Population", "AveOccup", "Latitude", "Longitude"),
            ),
            target_names=("MedHouseVal",),
            rows=20_640,
            x_sha256="341edadadb4ef15fd4041164c36c5168c6d27105c35aa5ea429d4ee12ab4c54e",
            y_sha256="e9807de669429c19ee7942a0f42e60ae3dfa751e8d1abdc6bdc8cf5563306dae",
            file="cal_housing.csv.gz",
            stand_in="diabetes",
        ),
        TableDataset(
            "iris",
            summary="150 flowers of 3 species, 4 features in cm",
            feature_names=("sepal length", "sepal width", "petal length", "petal width"),
            target_names=("setosa", "versicolor", "virginica"),
            rows=150,
            x_sha256="6bf9545a926fb8030608a03c942ab57099061567aee75dbfe574a01c0453948e",
            y_sha256="67eb552f7264872b5c4ad7cdcd44ca0db31a2f08804a24846928d01cdf78c266",
            y_type="int32",
        ),
        TableDataset(
            "diabetes",
            summary="442 patients, progression in hundreds",
            feature_names=("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
            target_names=("progression",),
            rows=442,
            x_sha256="b5925bf8b4b11f740ec0bd0cce741360586966d5a2bbc25cf71d8bf86614fcf3",
            y_sha256="eb0aa9b40a8b8b33b9f6d14a1c0b46dac1262790244a490d095888542ee20bf9",
        ),
    )
}

CLASS_NAMES = {
    name: dataset.class_names if isinstance(dataset, Dataset) else dataset.target_names
    for name, dataset in DATASETS.items()
    if isinstance(dataset, Dataset) or len(dataset.target_names) > 1
}


def find_dataset(name: str) -> AnyDataset:
    """Return the dataset of that name; UsageError, with the nearest name, where there is none."""
    if name not in DATASETS:
        raise unknown("Dataset", name, DATASETS)
    return DATASETS[name]


def holder_of(sha256: str) -> str:
    """Say which dataset's file has this content hash, or return an empty text: swapped files are a common mistake."""
    for dataset in DATASETS.values():
        for array in dataset.arrays if isinstance(dataset, Dataset) else ():
            if dataset.array_sha256(array) == sha256:
                return f"{getattr(IDX_FILES, array)} of {dataset.name}"
    return ""
