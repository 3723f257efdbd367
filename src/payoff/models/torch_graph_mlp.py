"""The fused MLP, with many steps recorded in one CUDA graph.

A GPU computes a small step faster than Python can start it. Python starts a graph once, and the graph contains STEPS
steps (pytorch.org/docs, "CUDA Graphs").
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from payoff.models.blueprint import Blueprint
from payoff.models.torch_fused_mlp import FusedTorchMLP

STEPS = 50  # per graph, or fewer if fewer are left; a smaller last batch of an epoch has no graph
GRAPHS = 8  # kept at once: full graphs and the shorter ones that end a block or an epoch, at two learning rates


class GraphTorchMLP(FusedTorchMLP):
    warm_up_steps = STEPS + 1

    def __init__(self, blueprint: Blueprint):
        super().__init__(blueprint)
        self._recorded: dict[tuple, tuple[torch.Tensor, Callable[[], torch.Tensor]]] = {}

    @torch.inference_mode()
    def train(self, images, targets, order: np.ndarray, batch_size: int) -> Sequence[torch.Tensor]:
        losses, start = [], 0
        placed = self.place(order)
        while (whole := min(STEPS, (len(order) - start) // batch_size)) > 0:
            positions, replay = self._graph(images, targets, batch_size, whole)
            positions.copy_(placed[start : start + whole * batch_size])
            losses += replay().clone().unbind()
            start += whole * batch_size
        return losses + list(super().train(images, targets, order[start:], batch_size))

    def _graph(self, images, targets, batch_size: int, steps: int) -> tuple[torch.Tensor, Callable[[], torch.Tensor]]:
        """A graph of `steps` steps: the tensor for their positions, and a function that takes the steps and returns
        their losses.

        A graph contains addresses and constants. If one of them has changed, a new graph is recorded.
        """
        key = (images.data_ptr(), targets.data_ptr(), batch_size, steps, self.optimizer.learning_rate)
        if key not in self._recorded:
            if len(self._recorded) >= GRAPHS:
                self._recorded.clear()
            positions = torch.zeros(steps * batch_size, dtype=torch.int64, device=self._device)
            self._recorded[key] = positions, self._record(images, targets, positions, batch_size)
        return self._recorded[key]

    def _record(self, images, targets, positions: torch.Tensor, batch_size: int) -> Callable[[], torch.Tensor]:
        def take_steps() -> torch.Tensor:
            if batch_size == 1 and self._in_place:  # vectors, as in the mode `fused`
                rows = targets.index_select(0, positions)
                rows = rows if rows.ndim == 2 else rows[:, None]
                pairs = zip(images.index_select(0, positions).unbind(), rows.unbind(), strict=True)
                return torch.stack([self._step_in_place(*pair) for pair in pairs])
            batches = positions.split(batch_size)
            return torch.stack([self.step(images.index_select(0, b), targets.index_select(0, b)) for b in batches])

        if self._device.type == "cpu":
            return take_steps  # a CPU has no graphs; the tests check all the rest with this
        before = self.state()
        side = torch.cuda.Stream()  # libraries make their workspaces before the recording, not during it
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            take_steps()
        torch.cuda.current_stream().wait_stream(side)
        self.restore(before)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=side):
            losses = take_steps()

        def replay() -> torch.Tensor:
            graph.replay()
            return losses

        return replay


def build(blueprint: Blueprint) -> GraphTorchMLP:
    return GraphTorchMLP(blueprint)
