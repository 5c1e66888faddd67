import os

from runtime.database.lease import holder_name


def test_a_holder_names_its_process_and_no_other() -> None:
    """A name holds the process id between colons, and differs also where host and process id agree."""
    first, second = holder_name(), holder_name()

    assert str(os.getpid()) == first.split(":")[-2]
    assert first != second
