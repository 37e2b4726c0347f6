"""The first doors: five-line routes that ask by type, refuse what is unclear, and fetch and leak nothing."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import geopandas as gpd
import httpx
import numpy as np
import pytest
import shapely
from fastapi import FastAPI

from api.answers import UncheckedAnswer, UncheckedRow
from api.main import HEADERS, HOSTS, STATUS, create_app
from gis import errors, layers
from gis.crs import Box
from gis.errors import GisError, UnknownName
from gis.find.states import State
from gis.find.unchecked import Counts, Question
from gis.layer import Field, Role
from web_map.snapshot import page

SEEN = datetime(2025, 3, 4, 1, 30, tzinfo=UTC)


def found_rows(*keys: str) -> gpd.GeoDataFrame:
    """Give rows as `gis.find.unchecked.rows` does: the first was checked, the others never."""
    count = len(keys)
    columns: dict[str, list[object]] = {
        "key": list(keys),
        "town": ["330784001", *[None] * (count - 1)],
        "cell": [None] * count,
        "category": ["A"] * count,
        "state": ["overdue", *["never"] * (count - 1)],
        "last_done_at": [SEEN, *[None] * (count - 1)],
        "last_try_at": [SEEN, *[None] * (count - 1)],
        "last_try": ["done", *[None] * (count - 1)],
        "notice_at": [None] * count,
        "due_at": [SEEN, *[None] * (count - 1)],
        "rule": ["house_check.A"] * count,
        "jurisdiction": ["default"] * count,
        "amount": [365.0] * count,
        "notice_days": [30] * count,
        "article": [np.nan] * count,
        "verified": [False] * count,
        "owner_name": ["王小明"] * count,
    }
    geometry = [shapely.Point(120, 28.9)] * count
    return gpd.GeoDataFrame({name: values[:count] for name, values in columns.items()}, geometry=geometry, crs=4326)


COUNTS = Counts(
    date(2026, 3, 4),
    3,
    dict.fromkeys(State, 0) | {State.OVERDUE: 1, State.NEVER: 2},
    {"330784001": {State.OVERDUE: 1}, "（区外）": {State.NEVER: 2}},
    {"330784001": "东城街道"},
)


class Asked:
    """Answers questions from the sample rows, and keeps what was asked."""

    def __init__(self) -> None:
        self.questions: list[Question] = []

    def __call__(self, question: Question) -> UncheckedAnswer:
        self.questions.append(question)
        return UncheckedAnswer.of(question, COUNTS, found_rows("way/1", "way/2", "way/3")[: question.limit])


class Client:
    """Asks an application in this process, one request at a time."""

    def __init__(self, app: FastAPI) -> None:
        self.transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def request(self, method: str, path: str, **words: Any) -> httpx.Response:
        return asyncio.run(self._requested(method, path, **words))

    async def _requested(self, method: str, path: str, **words: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=self.transport, base_url="http://localhost") as client_:
            return await client_.request(method, path, **words)

    def get(self, path: str, **words: Any) -> httpx.Response:
        return self.request("GET", path, **words)


def client(asked: Callable[[Question], UncheckedAnswer] | None = None) -> Client:
    return Client(create_app(lambda: "<!DOCTYPE html><p>网格</p>", asked or Asked()))


def test_the_root_gives_the_map() -> None:
    answer = client().get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text == "<!DOCTYPE html><p>网格</p>"


def test_unchecked_gives_the_denominator_and_the_rows() -> None:
    answer = client().get("/unchecked").json()
    assert (answer["layer"], answer["title"], answer["day"], answer["stock"]) == ("building", "建筑", "2026-03-04", 3)
    assert sum(answer["counts"].values()) == answer["stock"]
    assert answer["towns"] == [
        {"code": "330784001", "name": "东城街道", "counts": {"overdue": 1}},
        {"code": "（区外）", "name": "（区外）", "counts": {"never": 2}},
    ]
    assert [(row["key"], row["state"], row["town"]) for row in answer["rows"]] == [
        ("way/1", "overdue", "330784001"),
        ("way/2", "never", None),
        ("way/3", "never", None),
    ]
    assert answer["rows"][0]["last_done_at"] == "2025-03-04T01:30:00Z"
    assert answer["rows"][1]["due_at"] is None
    assert answer["rows"][0]["article"] is None
    assert answer["next"] is None


def test_an_answer_holds_no_personal_field() -> None:
    personal = {each.name for layer in layers.every() for each in layer.fields if each.read}
    assert not personal & set(UncheckedRow.model_fields)
    assert "王小明" not in client().get("/unchecked").text


def test_a_full_page_names_the_next_one() -> None:
    asked = Asked()
    first = client(asked).get("/unchecked", params={"limit": 2}).json()
    assert [row["key"] for row in first["rows"]] == ["way/1", "way/2"]
    assert first["next"] == "way/2"
    client(asked).get("/unchecked", params={"limit": 2, "after": first["next"]})
    assert asked.questions[1].after == "way/2"


def test_every_parameter_reaches_the_question() -> None:
    asked = Asked()
    words = {"layer": "gas_user", "town": "东城街道", "cell": "330784001000001", "bbox": "120,28.8,120.1,28.9"}
    days = {"as_of": "2026-02-01", "seen_by": "2026-01-31"}
    page_words = {"state": ["never", "overdue"], "after": "U-1", "limit": 7}
    assert client(asked).get("/unchecked", params={**words, **days, **page_words}).status_code == 200
    assert asked.questions == [
        Question(
            layer=layers.named("gas_user"),
            town="东城街道",
            cell="330784001000001",
            box=Box(120, 28.8, 120.1, 28.9),
            as_of=date(2026, 2, 1),
            seen_by=date(2026, 1, 31),
            states=frozenset({State.NEVER, State.OVERDUE}),
            after="U-1",
            limit=7,
        )
    ]


def test_without_parameters_all_states_of_buildings_are_asked_a_hundred_rows_at_a_time() -> None:
    asked = Asked()
    client(asked).get("/unchecked")
    assert asked.questions == [Question(layer=layers.named("building"), states=frozenset(State), limit=100)]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=x",
        "state=late",
        "as_of=2026-02-30",
        "as_of=20260201",
        "as_of=1700000000",
        "seen_by=yesterday",
        "bbox=1,2,3",
        "bbox=1,2,3,4,5",
        "bbox=a,b,c,d",
        "bbox=nan,28,121,29",
        "bbox=-inf,28,inf,29",
        "bbox=121,28,120,29",
        "bbox=28.9,120.0,29.0,120.1",
        "town=a%00b",
        "after=a%0Ab",
        "cell=" + "1" * 201,
        "as-of=2026-01-01",
        "offset=3",
    ],
)
def test_a_question_that_is_not_clear_is_refused_unasked(query: str) -> None:
    asked = Asked()
    answer = client(asked).get(f"/unchecked?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert asked.questions == []


def test_a_hidden_layer_and_a_missing_one_answer_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    building = layers.named("building")
    hidden = type(building)(
        name="hidden", title="密层", title_en="Hidden", doc="Hidden.", key="code", source=building.source,
        fields=(Field("code", building.field("code").kind, "Code.", required=True),), read=frozenset({Role.WORKER}),
    )  # fmt: skip
    monkeypatch.setattr(layers, "every", lambda: (building, hidden))
    answers = [client().get("/unchecked", params={"layer": name}) for name in ("hidden", "missin")]
    assert [each.status_code for each in answers] == [404, 404]
    assert [each.json()["detail"] for each in answers] == ["no layer 'hidden'", "no layer 'missin'"]


@pytest.mark.parametrize("kind", [GisError, *GisError.__subclasses__(), *errors.Refused.__subclasses__()])
def test_each_failure_of_ours_has_a_status_and_says_its_sentence(kind: type[GisError]) -> None:
    def failing(_: Question) -> UncheckedAnswer:
        raise kind("town X: expected one town, got none")

    answer = client(failing).get("/unchecked")
    expected = {"UnknownName": 404, "Refused": 422, "CrsError": 422, "DeliveryError": 422, "SchemaError": 503}
    assert answer.status_code == expected.get(kind.__name__, 503 if kind is errors.ServerError else 500)
    assert answer.json() == {"detail": "town X: expected one town, got none"}
    assert any(kind_ in STATUS for kind_ in kind.__mro__)


def test_a_failure_we_did_not_foresee_is_500_and_tells_nothing() -> None:
    def failing(_: Question) -> UncheckedAnswer:
        raise RuntimeError("password=secret")

    answer = client(failing).get("/unchecked")
    assert answer.status_code == 500
    assert "secret" not in answer.text


@pytest.mark.parametrize("host", [*HOSTS, "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"])
def test_this_machine_may_ask(host: str) -> None:
    assert client().get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "evil.example:8000", "127.0.0.1.evil.example", "127.0.0.2", "[::2]", ""],
)
def test_another_host_name_is_refused(host: str) -> None:
    asked = Asked()
    answer = client(asked).get("/unchecked", headers={"host": host})
    assert answer.status_code == 400
    assert asked.questions == []
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/unchecked", "/unchecked?layer=x", "/missing", "/openapi.json"])
def test_every_answer_carries_the_security_headers(path: str) -> None:
    headers = client().get(path).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "connect-src 'none'" in policy
    assert "http" not in policy


def test_nobody_else_may_read_answers_or_send_any() -> None:
    answer = client().get("/unchecked", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert client().request("POST", "/unchecked").status_code == 405
    assert client().request("OPTIONS", "/unchecked", headers={"origin": "https://evil.example"}).status_code == 405


def test_there_is_no_page_that_loads_from_elsewhere() -> None:
    assert [client().get(path).status_code for path in ("/docs", "/redoc")] == [404, 404]
    described = client().get("/openapi.json").json()["paths"]
    assert sorted(described) == ["/", "/unchecked"]
    assert described["/unchecked"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert described["/unchecked"]["get"]["description"]


def test_the_real_map_page_passes_through_whole() -> None:
    html = page([], title="空图").html
    app = create_app(lambda: html, Asked())
    assert Client(app).get("/").text == html


def test_a_layer_that_is_not_checked_is_the_questions_to_refuse() -> None:
    def refusing(question: Question) -> UncheckedAnswer:
        raise UnknownName(f"{question.layer.name} is not checked")

    assert client(refusing).get("/unchecked", params={"layer": "road"}).json() == {"detail": "road is not checked"}
