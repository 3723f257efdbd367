"""The process that is measured: `python -m payoff.machine.rates_worker REQUEST RESULT` (see payoff.machine.rates).

A sample repeats an operation until it takes SAMPLE_S seconds. It finds their number by trying more and more.
"""

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

SAMPLES = 10
SAMPLE_S = 0.03  # the clock's resolution and the start and end of a sample are at most a thousandth of it
SIDE = 1024  # of a square matrix: three take 12 MiB, and one is as large as half a layer of 784-2,600
SIDE_ON_DEVICE = 4096  # smaller matrices do not use a whole GPU
COPIED_BYTES = 2**28  # read plus written: 512 MiB, several times the size of any last-level cache


def main(request_path: str, result_path: str) -> None:
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    device, threads = request["device"], request["threads"]
    rates, missing = (cpu(threads), None) if device == "cpu" else accelerator(device)
    counts = {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}
    print(rates, missing, flush=True)
    Path(result_path).write_text(
        json.dumps({"thread_counts": counts, "rates": rates, "missing": missing}), encoding="utf-8"
    )


def accelerator(name: str) -> tuple[dict[str, list[float]], str | None]:
    """Samples of each rate; if there are none, also the reason, a key of payoff.failures.REASONS.

    A missing or failed device is no error here, so that the report can still be made.
    """
    import torch  # takes seconds, and a study without such a device does not need it

    try:
        here = torch.accelerator.current_accelerator(check_available=True)
        if here is None or here.type != name:
            return {}, "device_missing"
        return on_device(torch.device(name)), None
    except torch.OutOfMemoryError:
        return {}, "out_of_memory"
    except torch.AcceleratorError:
        return {}, "device_failed"


def cpu(threads: int, side: int = SIDE, copied_bytes: int = COPIED_BYTES) -> dict[str, list[float]]:
    """Samples of each rate, in flop/s and bytes/s. numpy's BLAS has its own threads; a copy is divided among `threads`.

    Bytes are those read plus those written, as STREAM counts them (McCalpin 1995). A processor that first reads the
    memory that it overwrites moves 1.5 times as many.
    """
    draw = np.random.default_rng(0)
    a, b = (draw.random((side, side), dtype=np.float32) for _ in range(2))
    product = np.empty_like(a)
    source = np.ones(copied_bytes // 8)
    target = np.zeros_like(source)  # written once, so that its pages exist
    parts = list(zip(np.array_split(target, threads), np.array_split(source, threads), strict=True))
    seconds = {"matmul": samples(lambda: np.matmul(a, b, out=product))}
    with ThreadPoolExecutor(threads) as pool:  # numpy releases the GIL while it copies
        copy = (lambda: np.copyto(target, source)) if threads == 1 else (lambda: list(pool.map(_copy, parts)))
        seconds["copy"] = samples(copy)
    return {
        "matmul": [2 * side**3 / s for s in seconds["matmul"]],
        "copy": [2 * source.nbytes / s for s in seconds["copy"]],
    }


def on_device(
    device: Any,  # a torch.device; torch is imported only if there is a device
    side: int = SIDE_ON_DEVICE,
    moved_bytes: int = COPIED_BYTES,
) -> dict[str, list[float]]:
    """Samples of each rate, in flop/s and bytes/s; for a launch in seconds."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = False  # as in the networks: no rounding to TF32
    elsewhere = device.type != "cpu"  # the tests measure the CPU as if it were such a device

    def wait() -> None:
        if elsewhere:
            torch.accelerator.synchronize(device)

    one = torch.zeros(1, device=device)

    def launch_and_wait() -> None:
        one.add_(1)
        wait()

    a, b = (torch.rand(side, side, device=device) for _ in range(2))
    product = torch.empty_like(a)
    source, target = (torch.ones(moved_bytes // 4, device=device) for _ in range(2))
    host = torch.ones(moved_bytes // 4, pin_memory=elsewhere)
    size = host.numel() * host.element_size()
    with torch.inference_mode():
        seconds = {
            "matmul": samples(lambda: torch.matmul(a, b, out=product), wait),
            "copy": samples(lambda: target.copy_(source), wait),
            "launch_queued": samples(lambda: one.add_(1), wait),
            "launch_waited": samples(launch_and_wait),
            "to_device": samples(lambda: target.copy_(host, non_blocking=True), wait),
            "to_host": samples(lambda: host.copy_(source, non_blocking=True), wait),
        }
    work = {"matmul": 2 * side**3, "copy": 2 * size, "to_device": size, "to_host": size}
    return {rate: [work[rate] / s if rate in work else s for s in found] for rate, found in seconds.items()}


def samples(operation: Callable[[], object], wait: Callable[[], None] = lambda: None) -> list[float]:
    """Seconds of the operation, SAMPLES times. Each is the mean of so many repetitions that they take SAMPLE_S.

    wait: waits for the device.
    """
    _seconds(operation, wait, 1)  # discarded: the first use loads libraries and kernels
    times = 1
    while (taken := _seconds(operation, wait, times)) < SAMPLE_S:
        times = ceil(times * min(10, max(1.5, 1.2 * SAMPLE_S / taken)))
    return [_seconds(operation, wait, times) / times for _ in range(SAMPLES)]


def _seconds(operation: Callable[[], object], wait: Callable[[], None], times: int) -> float:
    wait()
    started = time.perf_counter()
    for _ in range(times):
        operation()
    wait()
    return time.perf_counter() - started


def _copy(part: tuple[np.ndarray, np.ndarray]) -> None:
    np.copyto(*part)


if __name__ == "__main__":
    main(*sys.argv[1:])
