"""A user's .npz: which arrays it has, and what their axes mean."""

import numpy as np
import pytest
from own_data import FEATURES, LABELS, prepared, refusal_of, refusals_of, save


def test_an_npz_of_signals_keeps_their_channels(tmp_path):
    dataset = prepared(save(tmp_path / "mine.npz", features=FEATURES, labels=LABELS))
    assert dataset.classes == ("0", "1")
    assert dataset.train.images.shape == (16, 3, 1, 50)
    assert dataset.train.images.dtype == np.float32
    known = {signal.tobytes(): label for signal, label in zip(FEATURES.astype(np.float32), LABELS, strict=True)}
    assert all(known[image.tobytes()] == label for image, label in zip(*vars(dataset.train).values(), strict=True))
    assert dataset.max_value == abs(dataset.train.images).max()


def test_an_npz_of_rows_has_one_channel_and_classes_may_be_texts(tmp_path):
    labels = np.array(["water", "land"])[LABELS]
    dataset = prepared(save(tmp_path / "mine.npz", features=np.arange(80).reshape(20, 4), labels=labels))
    assert dataset.classes == ("land", "water")
    assert dataset.train.images.shape == (16, 1, 1, 4)


def test_an_npz_with_numbers_as_labels(tmp_path):
    heights = FEATURES.mean(axis=(1, 2))
    dataset = prepared(save(tmp_path / "mine.npz", features=FEATURES, labels=heights), target="number")
    assert dataset.classes == ()
    assert (dataset.test.labels.shape, dataset.test.labels.dtype) == ((4, 1), np.float32)
    assert dataset.test.labels[:, 0] == pytest.approx(dataset.test.images.mean(axis=(1, 2, 3)), abs=1e-6)


def with_value(value: float) -> np.ndarray:
    features = FEATURES.copy()
    features[13, 1, 7] = value
    return features


@pytest.mark.parametrize(
    ("arrays", "entry", "message"),
    [
        ({"features": with_value(np.nan)}, {}, "row 13: features: found nan"),
        ({"features": with_value(-np.inf)}, {}, "row 13: features: found -inf"),
        ({"features": with_value(1e39)}, {}, "row 13: features: found inf"),
        ({"labels": np.where(np.arange(20) == 6, 9, LABELS)}, {}, "row 6: found the only example of '9'"),
        ({"labels": np.where(np.arange(20) == 6, "", "a")}, {}, "row 6: found no label"),
        ({"labels": np.where(np.arange(20) == 6, np.nan, LABELS)}, {"target": "number"}, "row 6: label: found 'nan'"),
        ({"labels": np.array(["a", "b"])[LABELS]}, {"target": "number"}, "found labels of <U1"),
        ({"labels": LABELS * 0.5}, {}, "found labels of float64; allowed: whole numbers or texts, or `target: number`"),
        ({"labels": LABELS[:-1]}, {}, "found labels of shape (19,); allowed: (20,)"),
        ({"labels": np.zeros((20, 2))}, {}, "found labels of shape (20, 2); allowed: (20,)"),
        ({"features": FEATURES[:, 0, 0]}, {}, "found features of shape (20,)"),
        ({"features": FEATURES[:, :, :0]}, {}, "found features of shape (20, 3, 0)"),
        ({"features": FEATURES[:0], "labels": LABELS[:0]}, {}, "found features of shape (0, 3, 50)"),
        ({"features": FEATURES.astype(str)}, {}, "found features of <U"),
        ({"features": FEATURES.astype(object)}, {}, "found Python objects in features, which could run code"),
    ],
)
def test_a_bad_npz_is_refused(tmp_path, arrays, entry, message):
    path = save(tmp_path / "mine.npz", **({"features": FEATURES, "labels": LABELS} | arrays))
    assert refusal_of(path, **entry).startswith(f"{path}: {message}")


def test_an_npz_that_is_none_or_lacks_an_array_is_refused(tmp_path):
    path = save(tmp_path / "mine.npz", waves=FEATURES, labels=LABELS)
    assert refusal_of(path).startswith(f"{path}: missing features; found waves, labels; allowed: features, x, ")
    path = save(tmp_path / "mine.npz", features=FEATURES, labels=LABELS)
    content = path.read_bytes()
    np.save(tmp_path / "single.npy", FEATURES)
    spoilt = content[:500] + bytes(200) + content[700:]  # a checksum inside fails
    for other in (b"", b"this is no archive", content[:200], spoilt, (tmp_path / "single.npy").read_bytes()):
        path.write_bytes(other)
        assert refusal_of(path).startswith(f"{path}: found no readable .npz")


N = 20
Y = np.arange(N) % 2
GREY = np.random.default_rng(0).integers(0, 256, (N, 28, 28), np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (N, 12, 10, 3), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "entry", "shape", "note"),
    [
        ({"X": GREY, "y": Y}, {}, (1, 28, 28), "images of 28 by 28 pixels with one channel"),
        ({"X": GREY / 255, "y": Y}, {}, (1, 28, 28), "images of 28 by 28"),
        ({"images": GREY[:, :20] / 255, "labels": Y}, {}, (1, 20, 28), "images of 20 by 28"),
        ({"data": GREY.reshape(N, -1), "target": Y}, {"shape": [28, 28]}, (1, 28, 28), "data and target"),
        ({"X": COLOUR, "y": Y}, {}, (3, 12, 10), "images of 12 by 10"),
        ({"X": COLOUR.transpose(0, 3, 1, 2), "y": Y}, {}, (3, 12, 10), "images of 12 by 10"),
        ({"X": COLOUR, "y": Y}, {"shape": [3, 12, 10]}, (3, 12, 10), ""),
        ({"X": COLOUR.reshape(N, -1) / 2, "y": Y}, {"shape": [3, 1, 120]}, (3, 1, 120), ""),
        ({"x": GREY[:, :3] / 255, "y": Y}, {}, (3, 1, 28), "signals of 3 channels, 28 long"),
    ],
)
def test_the_axes_of_arrays_are_understood_and_it_is_said(tmp_path, arrays, entry, shape, note):
    np.savez(tmp_path / "a.npz", **arrays)
    dataset = prepared(tmp_path / "a.npz", **entry)
    assert dataset.train.images.shape[1:] == shape
    assert any(note in told for told in dataset.notes)
    source = next(array for name, array in arrays.items() if name not in ("y", "labels", "target"))
    assert dataset.train.images.dtype == (np.uint8 if source.dtype == np.uint8 and shape[1] > 1 else np.float32)
    if shape == (3, 12, 10):
        known = {image.tobytes() for image in COLOUR.transpose(0, 3, 1, 2)}
        assert {image.tobytes() for image in dataset.test.images} <= known


@pytest.mark.parametrize(
    "array", [np.ones((N, 20, 24)), np.ones((N, 50, 3)), np.ones((N, 3, 9, 3)), np.ones((N, 5, 9, 7))]
)
def test_axes_that_may_mean_several_things_are_asked_about(tmp_path, array):
    np.savez(tmp_path / "a.npz", X=array, y=Y)
    assert "`shape: [channels, height, width]` in the entry" in refusals_of(tmp_path / "a.npz")
    channels, *rest = array.shape[1:]
    shape = [channels, *([1] if len(rest) == 1 else []), *rest]
    assert prepared(tmp_path / "a.npz", shape=shape).train.images.shape[1:] == tuple(shape)


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("X_train", "y_train", "X_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("trainX", "trainY", "testX", "testY"),
        ("xtr", "ytr", "xte", "yte"),
        ("Xtrain", "Ytrain", "Xtest", "Ytest"),
    ],
)
def test_arrays_have_their_usual_names(tmp_path, names):
    x = np.arange(60.0).reshape(30, 2)
    arrays = dict(zip(names, (x[:20], Y, x[20:], Y[:10]), strict=True))
    np.savez(tmp_path / "a.npz", **arrays, ids=np.arange(30))
    dataset = prepared(tmp_path / "a.npz")
    assert (dataset.train.images[:, 0, 0] == x[:20]).all()
    assert (dataset.test.images[:, 0, 0] == x[20:]).all()


def test_parts_that_do_not_fit_each_other_are_refused_and_none_is_left_out_unsaid(tmp_path):
    x = np.arange(40.0).reshape(20, 2)
    for test in (x.reshape(10, 4), GREY[:10] / 255):
        np.savez(tmp_path / "a.npz", x_train=x, y_train=Y, x_test=test, y_test=Y[:10])
        assert "allowed: the same for training and testing" in refusals_of(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", x_train=GREY, y_train=Y, x_test=GREY / 255, y_test=Y)
    assert "x_train with examples of uint8 (1, 28, 28), x_test with" in refusals_of(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", x=x, y=Y, x_test=x[:6], y_test=Y[:6])
    assert len(prepared(tmp_path / "a.npz").test) == 6
    np.savez(tmp_path / "a.npz", x_train=x, y_train=Y, x_test=x[:6])
    assert "missing labels for test" in refusals_of(tmp_path / "a.npz")


def test_channels_may_be_the_last_axis_of_signals(tmp_path):
    signals = np.random.default_rng(0).normal(size=(N, 50, 3)).astype(np.float32)
    np.savez(tmp_path / "a.npz", X=signals, y=Y)
    dataset = prepared(tmp_path / "a.npz", shape=[3, 1, 50])
    known = {signal.T.tobytes() for signal in signals}
    assert all(image[:, 0].tobytes() in known for image in dataset.train.images)
    assert "channels first or last" in refusals_of(tmp_path / "a.npz", shape=[2, 1, 75])


def test_what_a_validation_part_is_used_for_is_said(tmp_path):
    x = np.arange(40.0).reshape(20, 2)
    parts = {f"x_{part}": x for part in ("train", "val", "test")} | {
        f"y_{part}": Y for part in ("train", "val", "test")
    }
    np.savez(tmp_path / "a.npz", **parts)
    dataset = prepared(tmp_path / "a.npz")
    assert len(dataset.test) == 20
    assert any("validation part is left out" in note for note in dataset.notes)
    np.savez(tmp_path / "a.npz", x_train=x, y_train=Y, x_val=x[:6], y_val=Y[:6])
    dataset = prepared(tmp_path / "a.npz")
    assert len(dataset.test) == 6
    assert any("used for testing" in note for note in dataset.notes)


def test_two_arrays_that_may_be_the_features_are_asked_about(tmp_path):
    np.savez(tmp_path / "a.npz", data=GREY.reshape(N, -1), images=GREY, target=Y)
    assert refusals_of(tmp_path / "a.npz").endswith(
        "found data, images; allowed: one of them, stated by `features: data`"
    )
    assert prepared(tmp_path / "a.npz", features="images").train.images.shape[1:] == (1, 28, 28)
    np.savez(tmp_path / "a.npz", spectra=GREY.reshape(N, -1), sort=Y)
    assert len(prepared(tmp_path / "a.npz", features="spectra", labels="sort").train) == 16
    assert "no array 'spectre'; allowed: as `features`" in refusals_of(tmp_path / "a.npz", features="spectre")


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (Y.astype(float), ("0", "1")),
        (Y[:, np.newaxis], ("0", "1")),
        (np.eye(2)[Y], ("0", "1")),
        (Y.astype(bool), ("False", "True")),
        (np.array([b"no", b"yes"])[Y], ("no", "yes")),
    ],
)
def test_labels_of_arrays_come_in_several_types(tmp_path, labels, classes):
    np.savez(tmp_path / "a.npz", X=GREY[:, 0].astype(float), y=labels)
    assert prepared(tmp_path / "a.npz").classes == classes


@pytest.mark.parametrize(
    "objects", [{"X": np.array([[1, 2], [3]] * 10, object)}, {"y": np.array(["a", "b"] * 10, object)}]
)
def test_arrays_of_objects_are_refused_with_what_to_do(tmp_path, objects):
    np.savez(tmp_path / "a.npz", **({"X": np.ones((N, 2)), "y": Y} | objects))
    message = refusals_of(tmp_path / "a.npz")
    assert message.startswith(f"found Python objects in {next(iter(objects))}, ")
    assert "np.stack" in message
