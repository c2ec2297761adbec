"""The webhook against a real HTTP server on this machine: what arrives, what is tried again, what is let go."""

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from headrace.errors import UsageError
from headrace.skew import Finding, Verdict
from headrace.skew.verdict.webhook import check_address, payload, post

ALARM = Finding(feature="pace", code="LINF_HIGH", alarm=True, reason="<b> & 'x' moved", hint="x1.6")
BAD = Verdict(name="Span 3", findings=[ALARM])


@pytest.fixture
def server():
    """A server that answers with the statuses it is given, then with 200, and keeps what it got."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got.append((self.headers["Content-Type"], json.loads(body)))
            self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.answers = [], []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}/secret"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def send(url, verdict=BAD, **options):
    waited = []
    return post(verdict, url, sleep=waited.append, **options), waited


def test_a_summary_arrives_as_slack_takes_it(server):
    assert send(server.url, title="Span 3", link="/reports/3.html") == (True, [])
    ((kind, body),) = server.got
    assert kind == "application/json"
    assert body == {
        "text": "Span 3: not blessed, 1 alarm\n"
        "• pace: LINF_HIGH: &lt;b&gt; &amp; 'x' moved (x1.6)\n"
        "Report: /reports/3.html"
    }


def test_errors_that_may_pass_are_tried_again_with_longer_and_longer_pauses(server):
    server.answers = [503, 429, 500]
    assert send(server.url) == (True, [1.0, 2.0, 4.0])
    assert len(server.got) == 4


def test_errors_that_stay_end_after_four_tries_and_raise_nothing(server, caplog):
    server.answers = [500] * 9
    with caplog.at_level(logging.WARNING):
        assert send(server.url)[0] is False
    assert len(server.got) == 4
    assert "status 500" in caplog.text
    assert "secret" not in caplog.text


def test_a_webhook_that_is_wrong_is_not_tried_again(server):
    server.answers = [404]
    assert send(server.url) == (False, [])
    assert len(server.got) == 1


def test_nobody_listening_raises_nothing(server):
    url = server.url
    server.server_close()
    server.shutdown()
    assert send(url)[0] is False


def test_a_url_that_is_none_raises_nothing():
    assert send("http://[broken")[0] is False
    assert send("nonsense")[0] is False


def test_the_url_may_stand_in_the_environment(server, monkeypatch, caplog):
    monkeypatch.setenv("HEADRACE_HOOK", server.url)
    assert send("env:HEADRACE_HOOK")[0]
    assert len(server.got) == 1
    monkeypatch.delenv("HEADRACE_HOOK")
    with caplog.at_level(logging.WARNING):
        assert send("env:HEADRACE_HOOK")[0] is False
    assert "HEADRACE_HOOK is not set" in caplog.text


def test_what_is_in_order_is_not_posted_unless_asked_for(server):
    good = Verdict(name="Span 2", findings=[Finding(feature="pace", code="LINF_HIGH")])
    assert send(server.url, good)[0]
    assert not server.got
    assert send(server.url, good, always=True)[0]
    assert server.got[0][1] == {"text": "Span 2: blessed"}


def test_warnings_are_told_and_long_lists_are_cut():
    many = [Finding(feature=f"f{i}", code="X", alarm=True, reason=f"{i} is long " * 200) for i in range(30)]
    text = payload(Verdict(name="s", findings=[*many, Finding(feature="w", code="W", warning=True)]))["text"]
    assert "30 alarms, 1 warning" in text
    assert "and 21 more" in text
    assert len(text) < 4000


def test_what_is_said_of_many_features_alike_is_one_line():
    many = [Finding(feature=f"f{i}", code="X", warning=True, reason="no baseline was given") for i in range(8)]
    lines = payload(Verdict(name="s", findings=many))["text"].splitlines()
    assert lines == ["s: blessed, 8 warnings", "• f0, f1, f2, f3, f4 and 3 more: X: no baseline was given"]


def test_an_address_that_is_none_is_refused_when_declared():
    for good in ("https://hooks.example.com/x", "http://localhost:1", "env:HOOK"):
        check_address(good)
    for bad in ("hooks.example.com", "ftp://x", "env:", "http://"):
        with pytest.raises(UsageError, match="webhook must be"):
            check_address(bad)
