"""Messages between a process and the one that started it."""

import os
import threading
import time

import pytest

from payoff.machine.channel import Channel


@pytest.fixture
def ends():
    """The two ends of a channel, in this process."""
    (here_reads, there_writes), (there_reads, here_writes) = os.pipe(), os.pipe()
    pair = Channel(here_reads, here_writes), Channel(there_reads, there_writes)
    yield pair
    for end in pair:
        end.close()


def test_messages_arrive_one_by_one_in_their_order(ends):
    here, there = ends
    here.tell(number=1, text="α\n")
    here.tell()
    assert there.hear() == {"number": 1, "text": "α\n"}
    assert there.hear(1) == {}
    there.tell(answer=[0.5] * 5_000)
    assert here.hear() == {"answer": [0.5] * 5_000}


def test_a_message_longer_than_a_pipe_holds_arrives_whole(ends):
    here, there = ends
    threading.Thread(target=lambda: there.tell(answer=[0.5] * 100_000), daemon=True).start()
    assert here.hear() == {"answer": [0.5] * 100_000}


def test_one_waits_for_a_message_and_hears_that_there_are_no_more(ends):
    here, there = ends
    threading.Timer(0.1, here.say_no_more).start()
    began = time.monotonic()
    assert there.hear() is None
    assert time.monotonic() - began > 0.05
    assert there.hear() is None
    with pytest.raises(ValueError, match="nothing more"):
        here.tell()


def test_a_wait_can_have_a_limit(ends):
    with pytest.raises(TimeoutError):
        ends[0].hear(0.05)


def test_a_message_to_a_process_that_is_gone_is_lost_and_the_end_is_heard():
    (reads, writes), (other_reads, other_writes) = os.pipe(), os.pipe()
    here = Channel(reads, other_writes)
    os.close(other_reads)
    os.close(writes)
    here.tell(number=1)
    assert here.hear() is None
    here.close()
