"""One server of each store for all tests of this folder; each test has a folder of its own in the bucket."""

import os
import uuid

import pytest
from store_servers import SERVERS, Store, why_missing


@pytest.fixture(scope="session", params=list(SERVERS))
def server(request, tmp_path_factory):
    """A store that runs, found by its variables, which also processes of the test see."""
    if why := why_missing(request.param):
        pytest.skip(why)
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as found, pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AWS_", "AZURE_", "STORAGE_EMULATOR")):
                patch.delenv(name)
        for name, value in found.variables.items():
            patch.setenv(name, value)
        # Nothing of one server's client may answer for another.
        from headrace.files import stores

        stores._client.cache_clear()
        yield found


@pytest.fixture
def root(server: Store) -> str:
    """A folder of the store that nothing else uses."""
    return f"{server.root}/{uuid.uuid4().hex}"
