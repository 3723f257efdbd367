"""`payoff race`, really run: one heat of two ways."""

import re


def test_a_race_says_which_way_is_faster_and_by_how_much(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # no configuration, no prepared data
    words = ("--dataset", "digits", "--hidden", "8", "--threads", "1", "--devices", "cpu")
    done = command("payoff", "race", *words, "--models", "numpy_mlp", "torch_mlp")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^MLP in numpy, CPU +[\d.]+ ms +[\d.]+ s +[\d.]+ s +[\d.]+ %$", done.stdout, flags=re.MULTILINE)
    assert re.search(r"^MLP in torch, CPU +[\d.]+ ms", done.stdout, flags=re.MULTILINE)
    (line,) = (line for line in done.stdout.splitlines() if " times [" in line)
    fastest, low, high = re.match(r"(\w+) is [\d.]+ times \[([\d.]+), ([\d.]+)\] as fast as", line).groups()
    assert fastest == "numpy"  # at this size torch needs some five times as long
    assert 1 < float(low) < float(high)
    assert not list(tmp_path.iterdir())
