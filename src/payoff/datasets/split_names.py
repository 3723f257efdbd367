"""How people name the parts of their data."""

_NAMES = {
    "train": ("train", "training", "trn"),
    "validation": ("val", "valid", "validation", "validate", "dev"),
    "test": ("test", "testing", "tst"),
}
NAMES_OF_PARTS = {name: part for part, names in _NAMES.items() for name in names}  # compared in lower case

VALIDATION_LEFT_OUT = (
    "its validation part is left out: a recipe holds validation examples back from training itself (`validation:`)"
)
VALIDATION_TESTS = "its validation part is used for testing, since it has no test part"
