"""The demo from its first line to its last, against the two minutes that are promised."""

import json
import subprocess
import sys
import tempfile

PROMISED_SECONDS = 120.0


def main() -> None:
    """Run the demo in an empty folder and print one JSON line."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "shopkeeper", "--home", folder, "--json", "demo"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    seconds = json.loads(done.stdout)["seconds"]
    row = {
        "value": seconds,
        "unit": "seconds",
        "reference": f"promised: {PROMISED_SECONDS:.0f}",
        "ratio": seconds / PROMISED_SECONDS,
    }
    sys.stdout.write(json.dumps({"demo_seconds": row}) + "\n")


if __name__ == "__main__":
    main()
