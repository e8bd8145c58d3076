"""The examples of the documentation work as they stand there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from local.demo.client import Services
from local.stack import Stack

DOCS = Path(__file__).resolve().parents[2] / "docs"
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None or shutil.which("bash") is None, reason="needs bash and curl")
@pytest.mark.parametrize("page", ["send.md", "receive.md", "subscribe.md", "operate.md"])
def test_the_examples_of_a_page_work(stack: Stack, services: Services, page: str, tmp_path: Path) -> None:
    """Its shell blocks, run one after the other as one script, succeed against the stack."""
    blocks = _BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    assert blocks
    script = "set -euo pipefail\n" + "\n".join(blocks).replace("/tmp/", f"{tmp_path}/")
    where = {"PATH": os.environ["PATH"], "APP": stack.functions_url, "LOCAL": services.url}
    done = subprocess.run(["bash", "-c", script], env=where, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
