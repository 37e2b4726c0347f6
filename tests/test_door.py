"""What commands share: how Ctrl-C ends a search."""

import signal

import pytest

from gis.cli.door import ending


def test_ctrl_c_before_a_search_ends_the_command() -> None:
    with pytest.raises(KeyboardInterrupt), ending():
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_in_a_search_ends_it_and_once_more_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    with ending() as ended:
        assert not ended()
        signal.raise_signal(signal.SIGINT)
        assert ended()
        assert "再按一次放弃" in capsys.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_after_a_search_ends_the_command() -> None:
    with ending() as ended:
        assert not ended()
        ended.closed = True
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_who_heeds_no_ctrl_c_still_heeds_none() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with ending() as ended:
            signal.raise_signal(signal.SIGINT)
            assert not ended()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
