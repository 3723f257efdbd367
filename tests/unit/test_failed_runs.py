"""For which reason a run failed."""

import pytest

from payoff.runs import worker


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError("Unable to allocate 46.6 TiB"), "out_of_memory"),
        (type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory. Tried to allocate"), "out_of_memory"),
        (type("AcceleratorError", (RuntimeError,), {})("CUDA error: out of memory"), "out_of_memory"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"), "out_of_memory"),
        (type("AcceleratorError", (RuntimeError,), {})("CUDA error: unspecified launch failure"), "device_failed"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), "device_failed"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), None),
        (ValueError("operands could not be broadcast"), None),
    ],
)
def test_what_kind_of_failure_an_error_is(error, reason):
    failure = worker._failure(error)
    assert (failure and failure.reason) == reason
