"""The report of the tiny twin held to the HTML standard by the Nu validator."""

import json
import shutil
import subprocess

from chromium import from_npm, needed


def test_the_report_is_valid(report_file):
    if not shutil.which("java"):
        needed("no java on the path, which the validator needs")
    validator = from_npm("vnu-jar/build/dist/vnu.jar")
    call = ["java", "-jar", validator, "--format", "json", "--exit-zero-always", "--stdout", report_file]
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    messages = json.loads(done.stdout)["messages"]
    told = [f"line {m.get('lastLine')}: {m.get('subType', m['type'])}: {m['message']}" for m in messages]
    assert not told, "\n".join(told)
