"""The reasons why a run can end without a measurement although the program has no fault."""

REASONS = {
    "device_missing": "the device is not there",
    "device_failed": "the device stopped working",
    "out_of_memory": "memory ran out",
    "not_finite": "the loss became infinite or not a number",
    "does_not_fit": "the network does not fit the images",
    "over_budget": "the run took longer than its time budget",
    "crashed": "the process was ended by a fault in compiled code",
}


class RunFailure(Exception):
    """A run that cannot be finished; it becomes a record with its reason.

    reason: a key of REASONS; detail: what exactly was found.
    """

    def __init__(self, reason: str, detail: str):
        super().__init__(f"{REASONS[reason]}: {detail}")
        self.reason = reason
        self.detail = detail
