"""The fused MLP, with many steps recorded in one CUDA graph.

A GPU computes a small step faster than Python can ask for it. A graph is asked for once and holds
STEPS of them (pytorch.org/docs, "CUDA Graphs").
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from payoff.models.blueprint import Blueprint
from payoff.models.torch_fused_mlp import FusedTorchMLP

STEPS = 50  # a graph's, where there are as many; the last batch of an epoch, if it is smaller, has no graph
GRAPHS = 8  # kept at once: the whole ones and the rests of a block and of an epoch, at two learning rates


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
        """So many steps: where their positions are to be written, and what takes them and returns their losses.

        A graph holds addresses and constants: it is recorded anew where one of them has changed.
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
            if batch_size == 1 and self._in_place:  # as in the mode fused, vectors
                rows = targets.index_select(0, positions)
                rows = rows if rows.ndim == 2 else rows[:, None]
                pairs = zip(images.index_select(0, positions).unbind(), rows.unbind(), strict=True)
                return torch.stack([self._step_in_place(*pair) for pair in pairs])
            batches = positions.split(batch_size)
            return torch.stack([self.step(images.index_select(0, b), targets.index_select(0, b)) for b in batches])

        if self._device.type == "cpu":
            return take_steps  # nothing to record on; the tests hold all the rest to the twin
        before = self.state()
        side = torch.cuda.Stream()  # libraries make their workspaces before the recording, not in it
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
