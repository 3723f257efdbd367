"""How fast this machine multiplies, copies, starts a kernel and transfers data, measured without any training."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from payoff.failures import REASONS
from payoff.files.documents import read_document, write_document
from payoff.machine.asking import ask
from payoff.statistics.estimates import median_interval

SCHEMA_VERSION = 2
LIMIT_S = 120  # usually it takes a few seconds


@dataclass(frozen=True)
class Rate:
    """label, unit and description: for readers; scale: one unit in flop/s, bytes/s or seconds."""

    label: str
    unit: str
    description: str
    scale: float


RATES = {
    "matmul": Rate("Matrix product", "GFLOP/s", "product of two square matrices of float32, 2 n³ operations", 1e9),
    "copy": Rate("Memory", "GB/s", "copy of 256 MiB, bytes read plus bytes written (McCalpin 1995)", 1e9),
    "launch_queued": Rate("Launch, queued", "µs", "a tiny kernel, many started before one wait for the device", 1e-6),
    "launch_waited": Rate("Launch, waited for", "µs", "a tiny kernel, with a wait for the device after each", 1e-6),
    "to_device": Rate("To the device", "GB/s", "256 MiB from pinned memory of the host", 1e9),
    "to_host": Rate("To the host", "GB/s", "256 MiB into pinned memory of the host", 1e9),
}
REGISTRIES: dict[str, Iterable[str]] = {"failures": REASONS, "rates": RATES}


def measure_machine(device: str, threads: int, log: Path) -> dict[str, Any]:
    """Measure the rates of this machine's device in a fresh process that prints into `log`.

    Returns a document that fulfils machine_rates.schema.yaml. Raises UserError if the process hangs, and
    ProgramFaultError if it fails.
    """
    measured = ask(
        "payoff.machine.rates_worker",
        {"device": device, "threads": threads},
        what="the measurement of the machine",
        threads=threads,
        log=log,
        limit_s=LIMIT_S,
    )
    return {
        "schema_version": SCHEMA_VERSION,
        **measured,
        "device": device,
        "rates": [_summarised(rate, samples) for rate, samples in measured["rates"].items()],
    }


def _summarised(rate: str, samples: Sequence[float]) -> dict[str, Any]:
    """samples: in flop/s, bytes/s or seconds."""
    in_unit = [sample / RATES[rate].scale for sample in samples]
    estimate = asdict(median_interval(in_unit))
    return {"rate": rate, "unit": RATES[rate].unit, "samples": in_unit, **estimate}


def write_rates(document: dict[str, Any], path: Path) -> None:
    """Write the document. Raises ContractError if it breaks its contract."""
    write_document(document, path, "machine_rates", REGISTRIES)


def read_rates(path: Path) -> dict[str, Any]:
    """Read the document. Raises ContractError that names the file if it holds no rates, or is of another version."""
    return read_document(path, "machine_rates", "the rates of a machine", REGISTRIES)
