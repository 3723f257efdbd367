"""The process of the probe: `python -m payoff.claims.probe_worker REQUEST RESULT` (see payoff.claims.probe)."""

import json
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch


def main(request_path: str, result_path: str) -> None:
    questions = json.loads(Path(request_path).read_text(encoding="utf-8"))["questions"]
    answers = []
    for question in questions:
        answer = {"value": None, "samples_s": {}, "missing": {}} | ANSWERS[question["kind"]](**question["asked"])
        print(question, answer, flush=True)
        answers.append(question | answer)
    result = {
        "thread_count": torch.get_num_threads(),
        "software": {"python": platform.python_version(), "torch": version("torch")},
        "answers": answers,
    }
    Path(result_path).write_text(json.dumps(result), encoding="utf-8")


def device_check(*, numbers: int, times: int, samples: int, of: str, over: str) -> dict:
    """The seconds that `times` element-wise exponentials of `numbers` float32 take, `samples` times on each device.

    A first timing is discarded. Each timing starts and ends when the device has finished its work.
    """
    answer: dict[str, Any] = {"samples_s": {}, "missing": {}}
    for device in (of, over):
        if device != "cpu" and not _is_here(device):
            answer["missing"][device] = "device_missing"
            continue
        try:
            values = torch.linspace(0, 1, numbers, device=device)
            answer["samples_s"][device] = [_seconds(values, times) for _ in range(samples + 1)][1:]
        except torch.OutOfMemoryError:
            answer["missing"][device] = "out_of_memory"
        except torch.AcceleratorError:  # so that the other answers, and the report, are still there
            answer["missing"][device] = "device_failed"
    return answer


def derivative(*, coefficients: list[float], at: float) -> dict:
    """The derivative of sum c_k x^k at x = `at`, by automatic differentiation."""
    x = torch.tensor(float(at), dtype=torch.float64, requires_grad=True)
    y = sum(coefficient * x**power for power, coefficient in enumerate(coefficients))
    (slope,) = torch.autograd.grad(y, x)
    return {"value": slope.item()}


def output_size(*, kind: str, input: int, kernel: int, stride: int, padding: int) -> dict:
    """The side of the layer's output for a square input of side `input`."""
    layer = {"convolution": torch.nn.Conv2d, "transposed": torch.nn.ConvTranspose2d}[kind]
    made = layer(1, 1, kernel, stride, padding)(torch.zeros(1, 1, input, input))
    return {"value": made.shape[-1]}


ANSWERS: dict[str, Callable[..., dict[str, Any]]] = {
    "device_check": device_check,
    "derivative": derivative,
    "output_size": output_size,
}


def _is_here(device: str) -> bool:
    here = torch.accelerator.current_accelerator(check_available=True)
    return here is not None and here.type == device


def _seconds(values: torch.Tensor, times: int) -> float:
    _wait_for(values.device)
    started = time.perf_counter()
    for _ in range(times):
        torch.exp(values)
    _wait_for(values.device)
    return time.perf_counter() - started


def _wait_for(device: torch.device) -> None:
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


if __name__ == "__main__":
    main(*sys.argv[1:])
