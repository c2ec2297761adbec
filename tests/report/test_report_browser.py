"""The report in a real browser: it is drawn, sorted, filtered, read by keyboard and screen reader, and asks for
nothing."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import report_data
from chromium import BROWSER, DRIVER, chromium

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="no Chromium here: apt-get install chromium chromium-driver"
)

TAB, ENTER = "\ue004", "\ue007"
AXE = "axe-core@4"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_data.page(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def session():
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser(session, path):
    session.resize(1280, 900)
    session.emulate(prefers_color_scheme="light")
    session.requests()
    session.complaints()
    session.open(path)
    return session


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, from HEADRACE_AXE (a file) or npm."""
    given = os.environ.get("HEADRACE_AXE")
    if given:
        return Path(given).read_text()
    npm = shutil.which("npm")
    if not npm:
        pytest.skip(f"no npm here to fetch {AXE} with, and HEADRACE_AXE names no axe.min.js")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run([npm, "install", "--silent", "--no-save", "--prefix", folder, AXE], capture_output=True)
    if done.returncode:
        pytest.skip(f"npm could not fetch {AXE}: {done.stderr.decode()[-300:]}")
    return (folder / "node_modules/axe-core/axe.min.js").read_text()


def shown(browser) -> list[str]:
    script = "return [...document.querySelectorAll('#findings + .scroll tbody tr')].filter(r => !r.hidden)"
    return browser.run(script + ".map(r => r.cells[1].textContent)")


def column(browser, name: str) -> list[str]:
    return browser.run(
        """const table = document.querySelector('#findings + .scroll table');
        const at = [...table.tHead.rows[0].cells].findIndex(c => c.textContent.trim() === arguments[0]);
        return [...table.tBodies[0].rows].map(r => r.cells[at].textContent)""",
        name,
    )


def click(browser, name: str) -> None:
    script = "[...document.querySelectorAll('#findings + .scroll th button')].find(b => b.textContent === arguments[0])"
    browser.run(f"{script}.click()", name)


def type_in(browser, words: str) -> None:
    script = "const s = document.getElementById('search'); s.value = arguments[0]; s.dispatchEvent(new Event('input'))"
    browser.run(script, words)


def test_it_is_drawn_without_a_complaint_and_without_a_request(browser, path):
    assert browser.run("return document.querySelector('.verdict').textContent").startswith("Not blessed: 1 of 2 checks")
    assert browser.run("return document.querySelectorAll('figure svg').length") >= 8
    assert browser.run("return [...document.querySelectorAll('svg')].every(s => s.getBoundingClientRect().width > 100)")
    assert browser.complaints() == []
    assert browser.requests() == [path.resolve().as_uri()]


def test_it_sorts_by_what_a_column_is(browser):
    click(browser, "distance")
    numbers = [float(text.replace(",", "")) for text in column(browser, "distance") if text]
    assert numbers == sorted(numbers)
    click(browser, "distance")
    numbers = [float(text.replace(",", "")) for text in column(browser, "distance") if text]
    assert numbers == sorted(numbers, reverse=True)
    click(browser, "feature")
    names = [name.lower() for name in column(browser, "feature")]
    assert names == sorted(names)
    sorted_by = "return [...document.querySelectorAll('th[aria-sort]')].map(h => h.textContent + h.ariaSort)"
    assert browser.run(sorted_by) == ["featureascending"]


def test_it_filters_by_words_and_by_verdict(browser):
    everything = shown(browser)
    type_in(browser, "heart_rate drift")
    assert set(shown(browser)) == {"heart_rate"}
    assert browser.run("return [...document.querySelectorAll('.card[data-name]')].filter(c => !c.hidden).length") == 2
    browser.run("const v = document.getElementById('verdict'); v.value = 'alarm'; v.dispatchEvent(new Event('change'))")
    assert 0 < len(shown(browser)) < len(everything)
    assert "findings" in browser.run("return document.getElementById('count').textContent")
    type_in(browser, "nothing has this name")
    assert shown(browser) == []


def test_it_is_used_by_keyboard_alone(browser):
    seen = []
    for _ in range(16):
        browser.press(TAB)
        seen.append(browser.run("const a = document.activeElement; return a.id || a.className || a.textContent"))
    assert seen[0] == "skip"
    assert {"search", "verdict", "order"} <= set(seen)
    browser.run("document.querySelector('#findings + .scroll th button').focus()")
    browser.press(ENTER)
    assert browser.run("return document.activeElement.closest('th').ariaSort") == "ascending"
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert browser.run(outline) != "none"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (380, "dark")])
def test_axe_finds_no_accessibility_error(axe, browser, path, scheme, width):
    browser.resize(width, 900)
    browser.emulate(prefers_color_scheme=scheme)
    browser.open(path)
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    browser.inject(axe)
    found = browser.run("return axe.run(document).then(r => JSON.stringify([r.violations, r.passes.length]))")
    violations, passed = json.loads(found)
    told = [(v["id"], [n["html"][:120] + " " + n["failureSummary"][:200] for n in v["nodes"][:3]]) for v in violations]
    assert told == []
    assert passed > 20


def test_a_phone_shows_all_without_scrolling_sideways(browser, path):
    browser.resize(380, 800)
    browser.open(path)
    assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")


def test_it_is_dark_where_that_is_wanted_and_prints(browser, tmp_path):
    colour = "return getComputedStyle(document.body).backgroundColor"
    light = browser.run(colour)
    browser.emulate(prefers_color_scheme="dark")
    assert browser.run(colour) != light
    browser.printed(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_script_that_got_into_the_page_does_not_run(browser, tmp_path, path):
    spoiled = path.read_text(encoding="utf-8").replace("</main>", "<script>document.title = 'evil'</script></main>")
    (tmp_path / "spoiled.html").write_text(spoiled, encoding="utf-8")
    browser.open(tmp_path / "spoiled.html")
    assert browser.run("return document.title") != "evil"
    assert browser.complaints()  # the browser says what it did not run
