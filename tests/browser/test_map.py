"""The map page in a real browser, network off: it loads whole, draws, toggles, answers clicks and reads Chinese."""

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from gis import layers
from web_map.snapshot import page

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE = '<img src=x onerror="window.hacked=1">\'`\\</script>\u2028{{7*7}}'
MIDDLE = (120.0, 28.9)
GLYPHS = """text => {
    const canvas = Object.assign(document.createElement("canvas"), {width: 40, height: 40});
    const context = canvas.getContext("2d");
    context.font = `30px ${getComputedStyle(document.querySelector("h1")).fontFamily}`;
    return [...text].map(glyph => {
        context.clearRect(0, 0, 40, 40);
        context.fillText(glyph, 2, 32);
        return [...context.getImageData(0, 0, 40, 40).data].filter((_, at) => at % 4 === 3).join();
    });
}"""


class Opened:
    """A page with all it asked for and said while it was open."""

    def __init__(self, page_: Page) -> None:
        self.page = page_
        self.requests: list[str] = []
        self.troubles: list[str] = []
        page_.on("request", lambda request: self.requests.append(request.url))
        page_.on("requestfailed", lambda request: self.troubles.append(f"failed {request.url}"))
        page_.on("console", self._heard)
        page_.on("pageerror", lambda error: self.troubles.append(f"error {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.troubles.append(message.text)

    def colours(self, x: float, y: float) -> tuple[int, ...]:
        """Give the colour that is drawn at a place: red, green, blue, alpha."""
        script = """([x, y]) => {
            const canvas = document.querySelector("canvas.leaflet-zoom-animated");
            const box = canvas.getBoundingClientRect();
            const spot = map_wangge.latLngToContainerPoint([y, x]);
            const edge = map_wangge.getContainer().getBoundingClientRect();
            const scale = canvas.width / box.width;
            const at = [(spot.x + edge.x - box.x) * scale, (spot.y + edge.y - box.y) * scale];
            return [...canvas.getContext("2d").getImageData(...at, 1, 1).data];
        }"""
        found: list[int] = self.page.evaluate(script, [x, y])
        return tuple(found)

    def click(self, x: float, y: float) -> list[str]:
        """Click on a place of the map and give the headings of the popup."""
        self.page.evaluate("map_wangge.closePopup()")
        self.page.wait_for_selector(".leaflet-popup", state="detached")
        self.settled()  # a pan that the popup asked for begins with the next frame
        self.page.wait_for_function("!map_wangge._panAnim || !map_wangge._panAnim._inProgress")
        script = """([x, y]) => {
            const spot = map_wangge.latLngToContainerPoint([y, x]);
            const edge = map_wangge.getContainer().getBoundingClientRect();
            return [spot.x + edge.x, spot.y + edge.y];
        }"""
        self.page.mouse.click(*self.page.evaluate(script, [x, y]))
        self.page.wait_for_selector(".leaflet-popup-content h4")
        return self.page.locator(".leaflet-popup-content h4").all_inner_texts()

    def settled(self) -> None:
        """Wait until what was changed is drawn."""
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(MIDDLE[0] + west, MIDDLE[1] + south, MIDDLE[0] + east, MIDDLE[1] + north)


def alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two drawn colours are the same but for the rounding of transparent paint."""
    return max(abs(each - beside) for each, beside in zip(one, other, strict=True)) < 12


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a small county: a house with a hole and a hostile name over a street, a user beside, cell, area and pipe."""
    house = box(-0.001, -0.001, 0.001, 0.001).difference(box(0.0003, 0.0003, 0.0008, 0.0008))
    x, y = MIDDLE
    street = shapely.LineString([(x - 0.005, y), (x + 0.005, y)])
    frames = {
        "building": (house, {"code": "way/1", "name": HOSTILE, "grade": "D", "state": "never", "invented": ["grade"]}),
        "road": (street, {"code": "way/2", "name": "解放街", "road_class": "primary"}),
        "gas_user": (
            shapely.Point(x + 0.003, y + 0.003),
            {"code": "U-1", "kind": "catering", "supply": "bottled", "name": "王小明"},
        ),
        "grid_cell": (box(-0.004, -0.004, 0.004, 0.004), {"code": "330784001000001", "load": 58.0}),
        "patrol_area": (box(-0.006, -0.005, 0.006, 0.005), {"code": "01", "load": 440.0, "worker_code": "W-001"}),
        "county": (box(-0.006, -0.006, 0.006, 0.006), {"code": "330784", "name": "永康市"}),
        "planned_pipe": (
            shapely.LineString([(x - 0.005, y - 0.002), (x + 0.005, y - 0.002)]),
            {"code": "00001", "kind": "main", "length": 120.5, "cost": 96400.0},
        ),
    }
    drawn = [
        (layers.named(name), gpd.GeoDataFrame([row], geometry=[shape], crs=4326))
        for name, (shape, row) in frames.items()
    ]
    found = page(
        drawn,
        title="永康 网格安全一张图",
        dated="2026-03-04",
        notes=["坐标基准未核实"],
        denominators=["1 = 1 从未检查"],
    )
    path = tmp_path_factory.mktemp("map") / "map.html"
    path.write_text(found.html, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


def opened(browser: Browser, html: Path, *, width: int = 1280, height: int = 800) -> Opened:
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    found = Opened(context.new_page())
    found.page.set_default_timeout(8000)
    found.page.goto(html.as_uri())
    found.page.wait_for_selector("body[data-ready]")
    script = "done => (map_wangge._animatingZoom ? requestAnimationFrame(() => wait(done)) : done())"
    found.page.evaluate(f"() => {{ const wait = {script}; return new Promise(wait); }}")  # till then no view is taken
    found.settled()
    return found


def test_the_page_opens_without_network_and_without_a_complaint(browser: Browser, html: Path) -> None:
    found = opened(browser, html)
    found.click(*MIDDLE)
    found.page.mouse.wheel(0, -200)
    found.settled()
    assert found.requests == [html.as_uri()]
    assert found.troubles == []
    assert found.page.locator(".leaflet-control-scale-line").inner_text().endswith("m")


def test_choices_give_the_colours_and_holes_stay_open(browser: Browser, html: Path) -> None:
    found = opened(browser, html)
    red, green, blue, _ = found.colours(MIDDLE[0] + 0.0002, MIDDLE[1] + 0.0002)
    assert abs(red - 0xB5) < 20
    assert abs(green - 0x27) < 35
    assert abs(blue - 0x1F) < 35
    hole = found.colours(MIDDLE[0] + 0.00055, MIDDLE[1] + 0.00055)
    assert min(hole[:3]) > 100


def test_layers_are_switched_in_the_legend_and_in_the_control(browser: Browser, html: Path) -> None:
    found = opened(browser, html)
    spot = (MIDDLE[0] + 0.0002, MIDDLE[1] + 0.0002)
    house = found.colours(*spot)
    box_ = found.page.locator("#legend section", has_text="Buildings").locator("input").last
    box_.uncheck()
    found.settled()
    assert not alike(found.colours(*spot), house)
    found.page.hover(".leaflet-control-layers")
    entry = found.page.locator(".leaflet-control-layers-overlays label", has_text="建筑 · Buildings")
    assert not entry.locator("input").is_checked()
    entry.locator("input").check()
    found.settled()
    assert box_.is_checked()
    assert alike(found.colours(*spot), house)
    assert found.troubles == []


def test_check_states_are_a_layer_of_their_own(browser: Browser, html: Path) -> None:
    found = opened(browser, html)
    spot = (MIDDLE[0] + 0.0002, MIDDLE[1] + 0.0002)
    grade = found.colours(*spot)
    section = found.page.locator("#legend section", has_text="建筑检查状态")
    section.locator("input").check()
    found.settled()
    assert not alike(found.colours(*spot), grade)
    assert "从未检查 Never checked" in section.inner_text()


def test_a_layer_switched_on_again_keeps_its_place_in_the_stack(browser: Browser, html: Path) -> None:
    found = opened(browser, html)
    house = found.colours(*MIDDLE)
    street = found.page.locator("#legend section", has_text="道路").locator("input")
    street.uncheck()
    street.check()
    found.settled()
    assert alike(found.colours(*MIDDLE), house)


def test_a_click_tells_all_that_lies_there_the_smallest_first(browser: Browser, html: Path) -> None:
    found = opened(browser, html)
    assert found.click(*MIDDLE) == ["建筑", "道路", "网格", "巡查片区", "县域"]
    told = found.page.locator(".leaflet-popup-content").inner_text()
    assert "D级 整幢危房" in told
    assert "从未检查" in told
    assert "危险等级" in told.split("合成")[1].split("\n")[0]
    found.page.locator("#legend section", has_text="Gas users").locator("input").check()
    found.settled()
    assert found.click(MIDDLE[0] + 0.003, MIDDLE[1] + 0.003) == ["燃气用户", "网格", "巡查片区", "县域"]
    assert "王" not in found.page.locator(".leaflet-popup-content").inner_text()
    assert found.click(MIDDLE[0] - 0.003, MIDDLE[1] - 0.002)[0] == "规划管线"
    assert "96,400 元" in found.page.locator(".leaflet-popup-content").inner_text()


def test_text_from_data_is_shown_and_not_run(browser: Browser, html: Path) -> None:
    found = opened(browser, html)
    found.click(*MIDDLE)
    cells = found.page.locator(".leaflet-popup-content td").evaluate_all("cells => cells.map(cell => cell.textContent)")
    assert HOSTILE in cells
    assert found.page.evaluate("window.hacked === undefined")
    assert found.page.locator(".leaflet-popup-content img").count() == 0


def test_chinese_is_drawn_with_glyphs_of_its_own(browser: Browser, html: Path) -> None:
    found = opened(browser, html)
    net, cell, empty, unknown = found.page.evaluate(GLYPHS, "网格\u3000\U000f0000")
    assert len({net, cell, empty, unknown}) == 4


def test_on_a_desk_the_legend_leaves_the_map_free(browser: Browser, html: Path) -> None:
    found = opened(browser, html)
    legend = found.page.locator("#legend").bounding_box()
    assert legend is not None
    assert legend["width"] * legend["height"] < 0.2 * 1280 * 800
    assert legend["x"] + legend["width"] < 300
    assert legend["y"] + legend["height"] <= 800
    found.page.click("#legend > details > summary")
    folded = found.page.locator("#legend").bounding_box()
    assert folded is not None
    assert folded["height"] < 45


def test_on_a_phone_all_is_folded_and_nothing_runs_over_the_edge(browser: Browser, html: Path) -> None:
    found = opened(browser, html, width=390, height=844)
    assert found.page.evaluate("document.documentElement.scrollWidth") == 390
    assert found.page.locator("header").bounding_box()["height"] < 110  # type: ignore[index]
    assert found.page.locator("#legend").bounding_box()["height"] < 45  # type: ignore[index]
    found.page.click("#legend > details > summary")
    legend = found.page.locator("#legend").bounding_box()
    assert legend is not None
    assert legend["width"] <= 390
    assert legend["height"] < 0.56 * 844
    found.page.click("#legend > details > summary")
    assert found.click(*MIDDLE)[0] == "建筑"


def test_stops_show_their_numbers_where_they_are_near_and_in_sight(browser: Browser, tmp_path: Path) -> None:
    x, y = MIDDLE
    places = [shapely.Point(x, y), shapely.Point(x + 0.001, y), shapely.Point(x + 0.5, y), shapely.Point(x - 0.001, y)]
    rows = {"code": list("abcd"), "number": [1, 2, 3, None], "outcome": ["made", "made", "made", "unreachable"]}
    frame = gpd.GeoDataFrame(rows, geometry=places, crs=4326).astype({"number": object})
    path = tmp_path / "stops.html"
    path.write_text(page([(layers.named("route_stop"), frame)], title="路线").html, encoding="utf-8")
    found = opened(browser, path)
    numbers = found.page.locator(".number span")
    assert numbers.count() == 0
    found.page.evaluate("([x, y]) => { map_wangge.setView([y, x], 17, {animate: false}); }", [x, y])
    found.settled()
    numbers.nth(1).wait_for(state="attached")
    assert sorted(numbers.all_inner_texts()) == ["1", "2"]
    found.page.locator("#legend section input").uncheck()
    found.settled()
    assert numbers.count() == 0
    assert found.troubles == []
