"""The service keeps to its own OpenAPI description, whatever is sent to it."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest
from nats.aio.client import Client

from tests.integration.ingest.conftest import Bench, Tracker
from tests.integration.ingest.test_process import settings, started

__all__ = ["settings"]
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,ignored_auth"
)
SECONDS = int(os.environ.get("FUZZ_SECONDS", "0"))
"""For how long to look beyond the few requests that every run sends."""
EFFORT = (
    ("--phases", "coverage,fuzzing", "--max-time", str(SECONDS), "--continue-on-failure")
    if SECONDS
    else ("--phases", "fuzzing", "-n", "1", "--seed", "1", "--no-shrink")
)


@pytest.mark.timeout(120 + 2 * SECONDS)
async def test_no_request_breaks_the_service(
    settings: dict[str, str], bench: Bench, tracker: Tracker, nats_client: Client, tmp_path: Path
) -> None:
    """Generated requests lead to no 5xx and to no answer that is not described."""
    assert nats_client.is_connected
    assert [] == tracker.claims
    async with started(settings | {"INGEST_DOCS": "true"}, tmp_path) as ingest:
        fuzzing = await asyncio.create_subprocess_exec(
            *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{ingest.url}/openapi.json"),
            *("-c", CHECKS, "--no-color", "-H", f"Authorization: Bearer {bench.key}", *EFFORT),
            stdout=PIPE,
            stderr=STDOUT,
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "fuzz_hooks", "PYTHONPATH": str(Path(__file__).parent)},
        )
        output, _ = await fuzzing.communicate()

    assert 0 == fuzzing.returncode, output.decode()
