"""COLUMNS: what each column of the tables means, its unit and how it is shown. One place for all."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from payoff.machine.clock import PHASES


@dataclass(frozen=True)
class Column:
    """label and unit: for a table's head; show: a value as text, given in the column's stored unit."""

    label: str
    description: str
    unit: str = ""
    show: Callable[[Any], str] = str

    def text(self, value: Any) -> str:
        """The value as the reader sees it; what is not there is shown as a dash, never as nothing."""
        return "–" if pd.isna(value) else self.show(value)


def significant(value: float, digits: int = 3) -> str:
    """At least so many significant digits, never an exponent; with three: 0.0123, 1.20, 12,345, ∞."""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def milliseconds(seconds: float) -> str:
    return significant(seconds * 1e3)


def percent(fraction: float) -> str:
    return f"{fraction * 100:.2f}"


def mebibytes(count: float) -> str:
    return f"{count / 2**20:,.0f}"


def count(value: float) -> str:
    return f"{int(value):,}"


def about(value: float) -> str:
    """A count that was interpolated: three digits are as many as it can have."""
    return count(round(float(f"{value:.2e}")))


def size(value: float) -> str:
    """A hidden size that was interpolated, or the end of its interval, which may lie outside those measured."""
    return about(value) if math.isfinite(value) else significant(value)


def p_value(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def scientific(share: float) -> str:
    return f"{share:.0e}"


COLUMNS = {
    "rule": Column("Rule", "of the workflow"),
    "jobs": Column("Jobs", "how many", show=count),
    "total_s": Column(
        "In all", "from the start of each job's script to its end, summed over the jobs", "s", significant
    ),
    "longest_s": Column("Longest", "the longest of the jobs", "s", significant),
    "site": Column("Site", "the study and machine, where several stand beside each other"),
    "dataset": Column("Data set", "the images"),
    "model": Column("Model", "<framework>_<architecture>"),
    "mode": Column("Mode", "how the framework executes a step"),
    "recipe": Column("Recipe", "how it is trained"),
    "device": Column("Device", "where it is trained"),
    "hidden_size": Column("H", "units of the hidden layer; of a CNN, of its dense layer", show=count),
    "threads": Column("Threads", "CPU threads of the run", show=count),
    "repetition": Column("Repetition", "which fresh process, from 1", show=count),
    "seed": Column("Seed", "of the initial weights and the order of the images", show=str),
    "failure": Column("Failure", "why the run could not be finished; empty if it was"),
    "failure_detail": Column("Detail", "what exactly was found"),
    "started_at": Column("Started", "UTC"),
    "epoch": Column("Epoch", "from 1", show=count),
    "epochs": Column("Epochs", "finished epochs", show=count),
    "epoch_time_s": Column("Epoch", "median over the run's epochs of an epoch's time", "ms", milliseconds),
    "duration_s": Column("Epoch", "time of this one epoch", "ms", milliseconds),
    "device_duration_s": Column("Epoch, device", "the same by the device's own clock", "ms", milliseconds),
    "train_s": Column("Training", "all epochs, without evaluation", "s", significant),
    "wall_s": Column(
        "Whole run",
        "from the start of the process to its end, without epochs that were repeated for the clock alone",
        "s",
        significant,
    ),
    **{
        f"{phase}_phase_s": Column(phase.replace("_", " ").capitalize(), meaning, "ms", milliseconds)
        for phase, meaning in PHASES.items()
    },
    "training_share": Column("Training's share", "of the wall clock of the whole run", "%", percent),
    "waited_for_lock_s": Column("Waited for others", "until no other timed run was on the machine", "s", significant),
    "waited_for_quiet_s": Column("Waited for quiet", "until other programs left the CPU", "s", significant),
    "label": Column("Label", "quiet or contended"),
    "disturbed_by": Column("Disturbed by", "why a run is contended"),
    "repeated": Column("Repeated", "the run was contended, and measured once more"),
    "others_cpu": Column("Others", "CPU time of other programs over that of all usable CPUs", "%", percent),
    "steal": Column("Steal", "CPU time that the host gave to others, over that of all usable CPUs", "%", percent),
    "involuntary_switches_per_s": Column("Switches", "how often the scheduler took the CPU away", "1/s", significant),
    "unevenness": Column("Unevenness", "sum of the epochs' times over n times their median", show="{:.2f}".format),
    "train_loss": Column("Training loss", "mean over the epoch's images", show=significant),
    "test_loss": Column("Test loss", "mean over the test images", show=significant),
    "test_accuracy": Column("Accuracy", "test images classified rightly, after the last epoch", "%", percent),
    "validation_loss": Column("Validation loss", "mean over the examples held back from training", show=significant),
    "validation_accuracy": Column(
        "Validation accuracy", "examples held back from training, classified rightly", "%", percent
    ),
    "steps": Column("Steps", "steps of the optimiser that were done", show=count),
    "step": Column("Step", "of the optimiser, from 1", show=count),
    "step_loss": Column("Loss of a step", "mean over the step's batch, before the step", show=significant),
    "image": Column("Image", "its place among the test images, from 1", show=count),
    "predicted": Column("Predicted", "the class that the trained network gives it"),
    "actual": Column("Actual", "its class"),
    "images": Column("Images", "how many", show=count),
    "extrapolated": Column("Extrapolated", "the run was stopped for its budget, its times are by its rate"),
    "predictions": Column("Predictions", "classes given to the first test images, as indices"),
    "peak_memory_bytes": Column("Memory", "the most that the process had resident", "MiB", mebibytes),
    "device_peak_memory_bytes": Column("Device memory", "the most in use on the device", "MiB", mebibytes),
    "weights_sha256": Column("Weights", "SHA-256 of the final weights"),
    "machine_key": Column("Machine", "a short hash of what the machine is"),
    "status": Column(
        "Status",
        "measured, extrapolated (stopped for the budget), partly (some runs failed), failed, or not applicable",
    ),
    "reason": Column("Reason", "why it was not measured, or not wholly"),
    "n": Column("n", "runs that have a time", show=count),
    "n_finished": Column("Finished", "runs that were finished; only these have an accuracy", show=count),
    "n_partial": Column("Stopped", "runs stopped for their budget; their times are extrapolated", show=count),
    "n_contended": Column("Contended", "runs with a time that were disturbed", show=count),
    "n_failed": Column("Failed", "runs that could not be finished", show=count),
    "architecture": Column("Network", "models of one architecture compute the same function"),
    "first": Column("First", "the way that the speed-up is measured against"),
    "second": Column("Second", "the way whose speed-up it is"),
    "ratio": Column(
        "Speed-up", "of the second over the first: ratio of the medians of the epoch times", "×", "{:.2f}".format
    ),
    "pair": Column("Pair", "number of the comparison, the same in all tables of the answer", show=count),
    "task": Column("Data set", "the data set, and the recipe where the study has several"),
    "usual_threads": Column("Usual threads", "whether most cells of its site have this number of threads"),
    **{
        f"{side}_{part}": Column(f"{side.capitalize()}: {part}", f"of the {side} way; {meaning}")
        for side in ("first", "second")
        for part, meaning in {
            "model": "<framework>_<architecture>",
            "mode": "how the framework executes a step",
            "device": "where it is trained",
            "threads": "CPU threads, where they are not the usual number of its site",
            "site": "empty for this study",
        }.items()
    },
    "first_time_s": Column("First: epoch", "median epoch time of the first way", "ms", milliseconds),
    "second_time_s": Column("Second: epoch", "median epoch time of the second way", "ms", milliseconds),
    "verdict": Column(
        "Faster", "first or second: clearly, by the whole interval and by the corrected test; neither; or too few runs"
    ),
    "verdict_when_quiet": Column("Faster when quiet", "the same without the runs that other programs disturbed"),
    "break_even": Column(
        "Break-even",
        "hidden size at which the two ways change places; 0 or ∞: below or beyond those measured",
        show=size,
    ),
    "investor": Column("Investor", "first or second: the way with the shorter epochs, which costs more besides them"),
    "repaid_after": Column(
        "Repaid after", "epochs after which the investor has made up for its start", show=significant
    ),
    "visible": Column("Visible", "the smallest difference that can be seen at this cell", "%", percent),
    "p_value": Column("p", "of the ratio being 1, after Holm's correction for all ratios of the page", show=p_value),
    "one": Column("One", "model, mode and device of the first of a pair"),
    "other": Column("Other", "model, mode and device of the second of a pair"),
    "outputs_difference": Column(
        "Outputs", "difference of the scores and the loss, as a share of their size", show=scientific
    ),
    "gradients_difference": Column(
        "Gradients", "difference on the first batch, as a share of their size", show=scientific
    ),
    "weights_difference": Column("Weights", "difference after the steps, as a share of their size", show=scientific),
    "tolerance": Column("Tolerance", "the largest difference that is rounding", show=scientific),
    "passed": Column("Equal work", "every difference is within the tolerance"),
    "relative": Column(
        "Relative", "to the fastest that trains the same network; that one = 1.00", "×", "{:.2f}".format
    ),
    "series": Column("Series", "the runs of the study, or those of the control"),
    "figure": Column("Figure", "by which a run is labelled"),
    "meaning": Column("Meaning", "of the figure"),
    "usual": Column("Median", "over the runs of the study"),
    "worst": Column("Largest", "over the runs of the study"),
    "minutes": Column("Minutes", "since the first run began", "min", significant),
    "deviation": Column("Deviation", "a run's epoch time over the median of its cell", "×", "{:.3f}".format),
    "unstable": Column("Unstable", "what is suspect in the epoch times of its runs"),
    "target_accuracy": Column("Target", "the accuracy that was to be reached", "%", percent),
    "time_to_accuracy_s": Column(
        "Time to it", "epochs up to and with the first that reaches the target; ∞: never did", "s", significant
    ),
    "n_reached": Column("Reached", "runs that reached the target", show=count),
    "n_tried": Column("Tried", "runs that could have reached it", show=count),
    "example": Column("Example", "in the order of the source", show=count),
    "kind": Column("Kind", "convolution, or transposed convolution"),
    "input_size": Column("Input", "side of the square image that goes in", "px", count),
    "kernel_size": Column("Kernel", "side of the square kernel", "px", count),
    "stride": Column("Stride", "pixels from one place of the kernel to the next", "px", count),
    "padding": Column("Padding", "pixels added at each edge; of a transposed convolution, cut off", "px", count),
    "stated_size": Column("Stated", "side of the result in the source", "px", count),
    "output_size": Column("Output", "side of the result, computed", "px", count),
    "back_size": Column("Back", "side of what a transposed convolution makes of the output", "px", count),
    "lost_size": Column("Lost", "what the way back leaves out; as output padding it makes up for it", "px", count),
    "remark": Column("Remark", "what the source and the computation say of each other"),
    "picture": Column("Picture", "what was done to the photo"),
    "lowest": Column("Lowest", "the smallest value of a pixel; in the photo 0 is black", show="{:.3f}".format),
    "highest": Column("Highest", "the largest value of a pixel; in the photo 1 is white", show="{:.3f}".format),
    "contrast": Column("Contrast", "mean difference of two neighbouring pixels in a row", show="{:.4f}".format),
    "operation": Column("Step", "what is computed, from the input on"),
    "value": Column("Value", "of the step", show="{:g}".format),
    "derivative": Column("Derivative", "of the result by this step", show="{:g}".format),
    "chain": Column("Chain rule", "local slope × derivative by the later step, summed over the later steps"),
}


def column(name: str) -> Column:
    """The column of that name, or of the quantity that it summarises: epoch_time_s_low is as epoch_time_s."""
    quantity = name.removesuffix("_median").removesuffix("_low").removesuffix("_high")
    return COLUMNS[quantity]
