"""The listener for the browser's way back."""

import httpx
import pytest
from binding_client.loopback import RedirectListener, RedirectTimeout


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False)


def test_the_redirect_is_caught__it_is_with_its_parameters() -> None:
    with RedirectListener() as listener:
        base = listener.redirect_uri.rpartition("/")[0]
        assert get(f"{base}/favicon.ico").status_code == 404
        assert get(listener.redirect_uri).status_code == 404
        assert get(f"{listener.redirect_uri}?code=c&state=s").status_code == 200
        assert get(f"{listener.redirect_uri}?code=late&state=s").status_code == 200
        came = listener.wait(5, "s")
    assert (came.code, came.state) == ("c", "s")


def test_another_state_is_not_taken__it_is_not_our_sign_in() -> None:
    with RedirectListener() as listener:
        get(f"{listener.redirect_uri}?code=c&state=foreign")
        with pytest.raises(RedirectTimeout):
            listener.wait(0.01, "s")


def test_another_state_comes_first__it_is_passed_over() -> None:
    with RedirectListener() as listener:
        for query in ("code=c&state=foreign", "error=access_denied&state=", "code=c&state=%D1%8B", "code=ours&state=s"):
            get(f"{listener.redirect_uri}?{query}")
        assert listener.wait(5, "s").code == "ours"


def test_nobody_comes__it_is_told() -> None:
    with RedirectListener() as listener, pytest.raises(RedirectTimeout):
        listener.wait(0.01, "")
