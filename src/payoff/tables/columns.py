"""COLUMNS: what each column of the tables means, its unit, and how its values are shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from payoff.machine.clock import PHASES
from payoff.tables.formats import (
    count,
    mebibytes,
    microseconds,
    milliseconds,
    p_value,
    percent,
    scientific,
    significant,
    size,
)

SCALES = {"ms": 1e3, "µs": 1e6, "%": 100, "MiB": 2**-20}  # shown unit -> how many of it a stored unit is


@dataclass(frozen=True)
class Column:
    """label and unit: for the head of a table; show: turns a value, in the stored unit, into text."""

    label: str
    description: str
    unit: str = ""
    show: Callable[[Any], str] = str

    @property
    def scale(self) -> float:
        """The factor from the stored unit to the shown one."""
        return SCALES.get(self.unit, 1)

    def text(self, value: Any) -> str:
        """The value as readers see it; a missing value is shown as a dash, never as an empty text."""
        if pd.isna(value):
            return "–"
        return {True: "yes", False: "no"}[bool(value)] if pd.api.types.is_bool(value) else self.show(value)


COLUMNS = {
    "rule": Column("Rule", "of the workflow"),
    "jobs": Column("Jobs", "how many", show=count),
    "total_s": Column(
        "In all", "from the start of each job's script to its end, summed over the jobs", "s", significant
    ),
    "longest_s": Column("Longest", "the longest of the jobs", "s", significant),
    "site": Column("Site", "the study and its machine, where there are several"),
    "dataset": Column("Data set", "the images"),
    "model": Column("Model", "<framework>_<architecture>"),
    "mode": Column("Mode", "how the framework executes a step"),
    "recipe": Column("Recipe", "how it is trained"),
    "device": Column("Device", "where it is trained"),
    "hidden_size": Column("H", "units of the hidden layer; of a CNN, of its dense layer", show=count),
    "threads": Column("Threads", "CPU threads of the run", show=count),
    "repetition": Column("Repetition", "which fresh process, from 1", show=count),
    "seed": Column("Seed", "of the initial weights and the order of the images", show=str),
    "failure": Column("Failure", "why the run was not finished; empty if it was"),
    "failure_detail": Column("Detail", "what exactly was found"),
    "started_at": Column("Started", "UTC"),
    "epoch": Column("Epoch", "from 1", show=count),
    "epochs": Column("Epochs", "of the run; in the table of runs, those that were finished", show=count),
    "epoch_time_s": Column(
        "Epoch", "median over the run's turns; of a run that took no turns, over its epochs", "ms", milliseconds
    ),
    "duration_s": Column("Epoch", "time of this one epoch", "ms", milliseconds),
    "device_duration_s": Column("Epoch, device", "the same, by the clock of the device", "ms", milliseconds),
    "train_s": Column("Training", "all epochs, without evaluation", "s", significant),
    "wall_s": Column(
        "Whole run",
        "from the start of the process to its end, without its turns and the waiting between them",
        "s",
        significant,
    ),
    **{
        f"{phase}_phase_s": Column(phase.replace("_", " ").capitalize(), meaning, "ms", milliseconds)
        for phase, meaning in PHASES.items()
    },
    "training_share": Column("Training's share", "of the wall clock of the whole run", "%", percent),
    "power_w": Column("Power", "mean during the turn, of the GPUs or else of the processors", "W", significant),
    "epoch_energy_j": Column(
        "Energy", "of an epoch: the mean power during the run's turns, times the time of an epoch", "J", significant
    ),
    "waited_for_lock_s": Column("Waited for others", "until no other timed run was on the machine", "s", significant),
    "waited_for_quiet_s": Column("Waited for quiet", "until other programs left the CPU", "s", significant),
    "heat": Column("Heat", "when the heat began in which the run was measured; UTC"),
    "is_control": Column("Control", "whether the run is the second of its cell in the heat"),
    "round": Column("Round", "of the heat, from 1; each way has one turn in it", show=count),
    "position": Column("Position", "of the turn in its round, from 1", show=count),
    "began_s": Column("Began", "since the heat's first turn began", "s", significant),
    "epoch_s": Column("Epoch", "at the rate of this turn", "ms", milliseconds),
    "device_epoch_s": Column("Epoch, device", "the same, by the clock of the device", "ms", milliseconds),
    "blocks": Column("Blocks", "of steps that count in this turn", show=count),
    "counted_s": Column("Counted", "seconds that these blocks took", "ms", milliseconds),
    "cpu_s": Column("CPU", "CPU seconds of the process in these blocks", "ms", milliseconds),
    "label": Column("Label", "quiet or contended"),
    "disturbed_by": Column("Disturbed by", "why a run is contended"),
    "others_cpu": Column("Others", "CPU time of other programs over that of all usable CPUs", "%", percent),
    "steal": Column("Steal", "CPU time that the host gave to others, over that of all usable CPUs", "%", percent),
    "involuntary_switches_per_s": Column("Switches", "how often the scheduler took the CPU away", "1/s", significant),
    "unevenness": Column("Unevenness", "sum of the epochs' times over n times their median", show="{:.2f}".format),
    "train_loss": Column("Training loss", "mean over the epoch's images", show=significant),
    "test_loss": Column("Test loss", "mean over the test images", show=significant),
    "test_accuracy": Column("Accuracy", "test images classified correctly, after the last epoch", "%", percent),
    "validation_loss": Column("Validation loss", "mean over the examples held back from training", show=significant),
    "test_error": Column(
        "Error",
        "of numbers that are predicted: root mean square error on the test examples, in the unit of the target",
        show=significant,
    ),
    "validation_accuracy": Column(
        "Validation accuracy", "examples held back from training, classified correctly", "%", percent
    ),
    "steps": Column("Steps", "steps of the optimiser that were done", show=count),
    "step": Column("Step", "of the optimiser, from 1", show=count),
    "step_loss": Column("Loss of a step", "mean over the step's batch, before the step", show=significant),
    "image": Column("Image", "its position among the test images, from 1", show=count),
    "predicted": Column("Predicted", "the class that the trained network gives it"),
    "actual": Column("Actual", "its class"),
    "images": Column("Images", "how many", show=count),
    "extrapolated": Column("Extrapolated", "the run was stopped for its budget; its times come from its rate"),
    "predictions": Column("Predictions", "classes that the network gave to the first test images, as indices"),
    "peak_memory_bytes": Column("Memory", "the most resident memory of the process", "MiB", mebibytes),
    "device_peak_memory_bytes": Column("Device memory", "the most memory in use on the device", "MiB", mebibytes),
    "weights_sha256": Column("Weights", "SHA-256 of the final weights"),
    "machine_key": Column("Machine", "a short hash of the facts about the machine"),
    "status": Column(
        "Status",
        "measured, extrapolated (stopped for the budget), partly (some runs failed), failed, or not applicable",
    ),
    "reason": Column("Reason", "why it was not measured, or only in part"),
    "n": Column("n", "runs that have a time", show=count),
    "n_finished": Column("Finished", "runs that were finished; only these have an accuracy", show=count),
    "n_partial": Column("Stopped", "runs stopped for their budget; their times are extrapolated", show=count),
    "n_contended": Column("Contended", "runs with a time that were disturbed", show=count),
    "n_failed": Column("Failed", "runs that were not finished", show=count),
    "architecture": Column("Network", "models of one architecture compute the same function"),
    "first": Column("First", "the way that the speed-up is measured against"),
    "second": Column("Second", "the way whose speed-up it is"),
    "ratio": Column(
        "Speed-up", "of the second over the first: ratio of the medians of the epoch times", "×", "{:.2f}".format
    ),
    "pair": Column("Pair", "number of the comparison, the same in all tables of the answer", show=count),
    "task": Column("Data set", "the data set, and the recipe where the study has several"),
    "has_best_threads": Column(
        "Best threads", "whether the way is the fastest with this number of threads, at this size"
    ),
    **{
        f"{side}_{part}": Column(f"{side.capitalize()}: {part}", f"of the {side} way; {meaning}")
        for side in ("first", "second")
        for part, meaning in {
            "model": "<framework>_<architecture>",
            "mode": "how the framework executes a step",
            "device": "where it is trained",
            "threads": "CPU threads, where they are not the number with which it is the fastest",
            "site": "empty for this study",
        }.items()
    },
    "first_time_s": Column("First: epoch", "median epoch time of the first way", "ms", milliseconds),
    "second_time_s": Column("Second: epoch", "median epoch time of the second way", "ms", milliseconds),
    "verdict": Column(
        "Faster", "first or second: clearly, by the whole interval and by the corrected test; neither; or too few runs"
    ),
    "in_turns": Column("In turns", "whether both ways took turns in the same heats"),
    "ratio_by_fastest": Column(
        "Ratio, fastest turns", "if only the fastest turn of each way in each heat counted", "×", "{:.2f}".format
    ),
    "verdict_when_quiet": Column("Faster when quiet", "the same without the turns or runs that others disturbed"),
    "ratio_when_quiet": Column("Ratio when quiet", "the same without these turns or runs", "×", "{:.2f}".format),
    "n_when_quiet": Column("n when quiet", "heats or runs that are left without these", show=count),
    "break_even": Column(
        "Break-even",
        "hidden size at which the two ways take equally long; 0 or ∞: below or beyond the measured sizes",
        show=size,
    ),
    "investor": Column("Investor", "first or second: the way with the shorter epochs, which takes longer besides them"),
    "repaid_after": Column(
        "Repaid after", "epochs after which the investor has made up for its longer start", show=significant
    ),
    "besides_s": Column(
        "Besides",
        "seconds of a run besides its epochs and their evaluation: its start, data, first step, ending",
        "s",
        significant,
    ),
    "step_s": Column("Step", "time of a step: of an epoch over its number of steps", "µs", microseconds),
    "fixed_s": Column("Fixed", "the part of a step that does not depend on the hidden size", "µs", microseconds),
    "share_asking": Column("Asking", "the fixed part over the time of the step", "%", percent),
    "share_arithmetic": Column("Arithmetic", "what it takes at the machine's rate, over the step", "%", percent),
    "share_memory": Column("Memory", "what moving the weights takes at its rate, over the step", "%", percent),
    "bound": Column("Bound by", "the largest of the three shares"),
    "is_asked": Column("Asked", "whether the recipe has so many epochs"),
    "rank": Column("Rank", "1: the quickest way to do this run", show=count),
    "run_s": Column("Run", "from the start of the program to its end, evaluation left out", "s", significant),
    "run_price": Column("Run", "what it costs, in the unit of the prices", show=significant),
    "factor": Column("Factor", "how many times as long as the quickest way it takes", "×", "{:.2f}".format),
    "is_clear": Column("Clear", "whether the quickest is that by the whole interval of each factor"),
    "from_epochs": Column("From epochs", "from so many on, this way is clearly the quickest; or none is", show=count),
    "visible": Column("Visible", "the smallest difference that can be seen at this cell", "%", percent),
    "p_value": Column("p", "of no difference, after Holm's correction for all ratios of the page", show=p_value),
    "one": Column("One", "model, mode and device of the first of a pair"),
    "other": Column("Other", "model, mode and device of the second of a pair"),
    "outputs_difference": Column(
        "Outputs", "difference of the scores and the loss, as a share of their size", show=scientific
    ),
    "gradients_difference": Column(
        "Gradients", "difference on the first batch, as a share of their size", show=scientific
    ),
    "weights_difference": Column("Weights", "difference after the steps, as a share of their size", show=scientific),
    "tolerance": Column("Tolerance", "the largest difference that rounding explains", show=scientific),
    "passed": Column("Equal work", "every difference is within the tolerance"),
    "relative": Column(
        "Relative", "to the fastest way to train the same network, which has 1.00", "×", "{:.2f}".format
    ),
    "series": Column("Series", "the runs of the study, or those of the control"),
    "figure": Column("Figure", "by which a run is labelled"),
    "meaning": Column("Meaning", "of the figure"),
    "usual": Column("Median", "over the runs of the study"),
    "worst": Column("Largest", "over the runs of the study"),
    "minutes": Column("Minutes", "since the first run began", "min", significant),
    "deviation": Column("Deviation", "a run's epoch time over the median of its cell", "×", "{:.3f}".format),
    "epoch_time_s_spread": Column(
        "Spread", "interquartile range of its runs' epoch times over their median", "%", percent
    ),
    "unsteady": Column("Unsteady", "its runs spread far more than those of the study's other cells"),
    "target_accuracy": Column("Target", "the accuracy to reach", "%", percent),
    "time_to_accuracy_s": Column(
        "Time to it",
        "epochs up to and including the first that reaches the target; ∞: none does",
        "s",
        significant,
    ),
    "n_reached": Column("Reached", "runs that reached the target", show=count),
    "n_tried": Column("Tried", "runs that could have reached it", show=count),
    "example": Column("Example", "in the order of the source", show=count),
    "kind": Column("Kind", "convolution or transposed convolution"),
    "input_size": Column("Input", "side of the square input image", "px", count),
    "kernel_size": Column("Kernel", "side of the square kernel", "px", count),
    "stride": Column("Stride", "pixels from one position of the kernel to the next", "px", count),
    "padding": Column("Padding", "pixels added at each edge; a transposed convolution cuts them off", "px", count),
    "stated_size": Column("Stated", "side of the result in the source", "px", count),
    "output_size": Column("Output", "side of the result, computed", "px", count),
    "back_size": Column("Back", "side of the result of a transposed convolution of the output", "px", count),
    "lost_size": Column("Lost", "pixels that the way back loses; as output padding they restore the size", "px", count),
    "remark": Column("Remark", "whether source and computation agree"),
    "picture": Column("Picture", "how the photo was changed"),
    "lowest": Column("Lowest", "the smallest value of a pixel; in the photo 0 is black", show="{:.3f}".format),
    "highest": Column("Highest", "the largest value of a pixel; in the photo 1 is white", show="{:.3f}".format),
    "contrast": Column("Contrast", "mean difference of two neighbouring pixels in a row", show="{:.4f}".format),
    "operation": Column("Step", "what is computed, from the input on"),
    "value": Column("Value", "of the step", show="{:g}".format),
    "derivative": Column("Derivative", "of the result by this step", show="{:g}".format),
    "chain": Column("Chain rule", "local slope × derivative by the later step, summed over the later steps"),
}


def column(name: str) -> Column:
    """The column of that name, or of the quantity that it summarises: epoch_time_s for epoch_time_s_low."""
    quantity = name.removesuffix("_median").removesuffix("_low").removesuffix("_high")
    return COLUMNS[quantity]
