"""Nothing is reached that nobody named."""

import pytest

from shipworthy.core.errors import EnvironmentFailure, UserError
from shipworthy.gateway.permits import Permit, host_of, is_loopback


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://API.example.com/v1", "api.example.com:443"),
        ("http://api.example.com/v1?x=1", "api.example.com:80"),
        ("http://localhost:11434/v1", "localhost:11434"),
        ("http://[::1]:8080/", "::1:8080"),
    ],
)
def test_a_host_is_a_name_and_a_port(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com",
        "file:///etc/passwd",
        "example.com",
        "",
        "http://",
        "http://h:99999/",
        "http://u:p@h/",
    ],
)
def test_only_http_addresses_without_passwords_are_taken(url: str) -> None:
    with pytest.raises(UserError):
        host_of(url)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost:80", True),
        ("127.0.0.1:80", True),
        ("127.9.9.9:80", True),
        ("::1:80", True),
        ("app.localhost:80", True),
        ("localhost.example.com:80", False),
        ("127.0.0.1.example.com:80", False),
        ("10.0.0.1:80", False),
        ("0.0.0.0:80", False),
    ],
)
def test_this_machine_is_told_from_others(host: str, here: bool) -> None:
    assert is_loopback(host) is here


def test_the_named_host_and_this_machine_may_be_reached_and_no_other() -> None:
    permit = Permit.to("https://api.example.com/v1", named_in="--candidates")
    permit.check("https://api.example.com/v1/chat", {})
    permit.check("http://127.0.0.1:9/", {})
    for other in ("https://evil.example.com/", "http://api.example.com/", "https://api.example.com:8443/"):
        with pytest.raises(
            EnvironmentFailure, match=r"only 'api.example.com:443' was named \(in --candidates\)"
        ):
            permit.check(other, {})


def test_the_offline_switch_overrules_a_permit_but_not_this_machine() -> None:
    permit = Permit.to("https://api.example.com/v1", named_in="--candidates")
    with pytest.raises(EnvironmentFailure, match="SHIPWORTHY_OFFLINE"):
        permit.check("https://api.example.com/v1", {"SHIPWORTHY_OFFLINE": "1"})
    permit.check("https://api.example.com/v1", {"SHIPWORTHY_OFFLINE": "0"})
    permit.check("http://localhost/v1", {"SHIPWORTHY_OFFLINE": "1"})


def test_a_permit_says_who_named_the_host() -> None:
    with pytest.raises(UserError, match="Nobody named"):
        Permit.to("https://api.example.com/v1", named_in=" ")
