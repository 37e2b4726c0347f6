"""Links as the database keeps them: a run, a second run, a decision by hand, and the lists that follow."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyogrio
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from openpyxl import load_workbook

from api.cli import main
from gis import layers
from gis.errors import Refused, UnknownName
from gis.find import links as find
from gis.find.links import Asked, Wanted
from gis.layer import Role, Use
from gis.run import links
from gis.run.links import Pair
from gis.run.match import Matched, match
from gis.store.county import County
from gis.store.settings import Settings
from gis.store.versions import known
from tests.builders import cloned, point, square, stored
from tests.conftest import NUMBERS
from tests.exchange import rows_of

USERS, HOUSES, LINK = layers.named("gas_user"), layers.named("building"), layers.one(Use.LINK)
SHOPS, PLACES = layers.named("enterprise"), layers.named("special_place")
PAIR = Pair(USERS, HOUSES)
ADDRESSES = {
    "U-1": "东镇桃源村1号",
    "U-2": "东镇桃源村贰号3楼",
    "U-3": "东镇旧名坞3号",  # the village was called so
    "U-4": "东镇桃源村77号",
    "U-5": "东镇桃源村9号",  # two houses
    "U-6": None,
}


@pytest.fixture(scope="module")
def hamlet(template: Settings) -> Iterator[Settings]:
    """A town, two villages, seven houses and six users, none of whom has a position of his own; to be cloned."""
    with cloned(template, "test_links_hamlet") as county:
        stored(county, "town", [{"code": "1", "name": "东镇"}], [square(0, 0, 2000)])
        villages = [
            {"code": "11", "name": "桃源村", "town_code": "1"},
            {"code": "12", "name": "旧名坞", "town_code": "1"},
        ]
        halves = [square(0, 0, 999), square(1000, 0, 999)]
        stored(county, "village", villages, halves)
        stored(county, "village", [{"code": "12", "name": "新名村", "town_code": "1"}], halves[1:])
        house = {"floors": 3, "use": "residential"}
        named = {"B1": "东镇桃源村1号", "B2": "东镇桃源村2号", "B3": "东镇新名村3号", "B4": "东镇桃源村4号"}
        named |= {"B9": "东镇桃源村9号", "B99": "东镇桃源村9号", "B0": ""}
        shapes = [square(1300 if key == "B3" else 100 + 50 * at, 100) for at, key in enumerate(named)]
        stored(county, "building", [{"code": key, "address": text} | house for key, text in named.items()], shapes)
        users(county)
        yield county.settings


@pytest.fixture
def place(hamlet: Settings) -> Iterator[County]:
    """The hamlet in a database of its own."""
    with cloned(hamlet, f"test_links_{next(NUMBERS)}") as found:
        yield found


def users(county: County, **changed: str | None) -> None:
    """Store the users with one thing changed; all lie at one spot, as a geocoder left them."""
    told = ADDRESSES | {key.replace("_", "-"): text for key, text in changed.items()}
    rows = [
        {
            "code": key,
            "kind": "resident",
            "supply": "bottled",
            "address": text,
            "name": "王小明",
            "phone": "13800000000",
        }
        for key, text in told.items()
    ]
    stored(county, "gas_user", rows, [point(500, 900)] * len(rows))


def ran(county: County) -> Matched:
    return match(county, USERS, HOUSES)


def counts(found: Matched) -> tuple[int, int, int, int, int]:
    return found.new, found.changed, found.unchanged, found.kept, found.ended


def houses(county: County) -> dict[str, object]:
    return {str(row["subject"]): row["house"] for row in rows_of(county, LINK)}


def test_a_run_ties_every_row_and_says_what_became_of_it(place: County) -> None:
    found = ran(place)
    assert (found.rows, found.matched, found.ambiguous, found.unmatched) == (6, 3, 1, 2)
    assert found.evidence == {"address": 3}
    assert counts(found) == (6, 0, 0, 0, 0)
    rows = {row["subject"]: row for row in rows_of(place, LINK)}
    assert {key: row["house"] for key, row in rows.items() if row["house"]} == {"U-1": "B1", "U-2": "B2", "U-3": "B3"}
    assert rows["U-5"]["candidates"] == {"houses": ["B9", "B99"]}
    assert (rows["U-2"]["floor"], rows["U-2"]["code"]) == (3, "gas_user/U-2/building")
    assert {row["decided_by"] for row in rows.values()} == {"run"}
    with place.reading() as connection:
        run = place.schema.table(layers.one(Use.RUN))
        record = connection.execute(sa.select(run).where(run.c.id == found.run)).mappings().one()
    assert (record["plan"], record["parameters"]["layer"], record["result"]["matched"]) == ("match", "gas_user", 3)


def test_a_second_run_changes_nothing_and_a_third_only_what_differs(place: County) -> None:
    first = ran(place)
    second = ran(place)
    assert counts(second) == (0, 0, 6, 0, 0)
    assert {row["run_id"] for row in rows_of(place, LINK)} == {first.run}
    users(place, U_4="东镇桃源村4号")
    third = ran(place)
    assert counts(third) == (0, 1, 5, 0, 0)
    assert houses(place)["U-4"] == "B4"
    with place.reading() as connection:
        past = place.schema.past(LINK)
        before = connection.execute(sa.select(past.c.state, past.c.run_id)).one()
    assert tuple(before) == ("unmatched", first.run)


def test_the_record_tells_whether_the_input_was_the_same(place: County) -> None:
    runs = [ran(place).run, ran(place).run]
    users(place, U_4="东镇桃源村4号")
    runs.append(ran(place).run)
    with place.reading() as connection:
        table = place.schema.table(layers.one(Use.RUN))
        digests = dict(map(tuple, connection.execute(sa.select(table.c.id, table.c.input_digest))))
    assert digests[runs[0]] == digests[runs[1]] != digests[runs[2]]


def test_a_row_that_is_gone_ends_its_link_and_keeps_its_id_when_it_is_back(place: County) -> None:
    ran(place)
    table, users_table = place.schema.table(LINK), place.schema.table(USERS)
    with place.reading() as connection:
        identity = connection.execute(sa.select(table.c.id).where(table.c.subject == "U-1")).scalar_one()
    with place.writing() as connection:
        connection.execute(sa.delete(users_table).where(users_table.c.code == "U-1"))
    assert counts(ran(place)) == (0, 0, 5, 0, 1)
    users(place)
    assert counts(ran(place)) == (1, 0, 5, 0, 0)
    with place.reading() as connection:
        assert connection.execute(sa.select(table.c.id).where(table.c.subject == "U-1")).scalar_one() == identity


def test_a_decision_by_hand_is_never_overruled(place: County) -> None:
    ran(place)
    decided = links.decide(place, PAIR, "U-1", "B4", "走访核实")
    assert (decided.before, decided.house) == ("B1", "B4")
    links.decide(place, PAIR, "U-5", "B99", "住在附房")
    links.decide(place, PAIR, "U-2", "none", "已搬走")
    users(place, U_5="东镇桃源村1号")
    found = ran(place)
    assert counts(found) == (0, 0, 3, 3, 0)
    assert found.contrary == 3
    rows = {row["subject"]: row for row in rows_of(place, LINK)}
    assert [rows[key]["house"] for key in ("U-1", "U-5", "U-2")] == ["B4", "B99", None]
    assert {rows[key]["decided_by"] for key in ("U-1", "U-5", "U-2")} == {"hand"}
    assert rows["U-2"]["state"] == "unmatched"
    assert (rows["U-1"]["reason"], rows["U-1"]["evidence"]) == ("走访核实", "hand")


def test_a_decision_outlives_the_absence_of_its_row(place: County) -> None:
    links.decide(place, PAIR, "U-1", "B4", "走访核实")
    users_table = place.schema.table(USERS)
    with place.writing() as connection:
        connection.execute(sa.delete(users_table).where(users_table.c.code == "U-1"))
    assert counts(ran(place)) == (5, 0, 0, 0, 0)
    users(place)
    assert counts(ran(place)) == (0, 0, 5, 1, 0)
    assert houses(place)["U-1"] == "B4"


def test_a_decision_can_be_taken_back_and_what_was_decided_stays_known(place: County) -> None:
    ran(place)
    links.decide(place, PAIR, "U-1", "B4", "走访核实")
    decided_at = place.day_end(place.today())
    links.decide(place, PAIR, "U-1", "auto", "走访有误")
    assert counts(ran(place)) == (0, 1, 5, 0, 0)
    assert houses(place)["U-1"] == "B1"
    with place.reading() as connection:
        past = place.schema.past(LINK)
        before = connection.scalars(sa.select(past.c.house).where(past.c.subject == "U-1").order_by(past.c.recorded_at))
        assert before.all() == ["B1", "B4", None]
        then = known(place.schema, LINK, decided_at)
        assert connection.execute(sa.select(sa.func.count()).select_from(then)).scalar_one() == 6


def test_a_decision_may_come_before_any_run(place: County) -> None:
    links.decide(place, PAIR, "U-4", "B4", "走访核实")
    assert counts(ran(place)) == (5, 0, 0, 1, 0)


@pytest.mark.parametrize(
    ("subject", "house", "reason", "told"),
    [
        ("U-77", "B1", "why", "no gas_user with code 'U-77'"),
        ("U-1", "B77", "why", "no building with code 'B77'"),
        ("U-1", "B1", "  ", "a decision by hand has a reason"),
    ],
)
def test_a_decision_about_nothing_is_refused(place: County, subject: str, house: str, reason: str, told: str) -> None:
    with pytest.raises((UnknownName, Refused), match=told):
        links.decide(place, PAIR, subject, house, reason)
    assert rows_of(place, LINK) == []


def test_layers_that_do_not_say_how_are_refused(county: County) -> None:
    with pytest.raises(Refused, match="layer road declares no `match`; those that do: enterprise, gas_user"):
        match(county, layers.named("road"), HOUSES)
    with pytest.raises(Refused, match="layer village declares no `footprint`; those that do: building"):
        match(county, USERS, layers.named("village"))
    with pytest.raises(Refused, match="no building is stored"):
        match(county, USERS, HOUSES)


def test_a_code_and_a_register_without_places_are_tied_too(place: County) -> None:
    special = [{"code": "S-1", "kind": "school", "building_code": "B4"}, {"code": "S-2", "kind": "school", "name": "x"}]
    stored(place, "special_place", special[:1])
    stored(place, "special_place", special[1:], [square(300, 100).centroid])  # in B9's neighbour B99's place
    found = match(place, PLACES, HOUSES)
    assert (found.matched, found.evidence) == (2, {"code": 1, "position": 1})
    stored(place, "enterprise", [{"code": "E-1", "address": "东镇桃源村2号"}, {"code": "E-2", "address": "不详"}])
    found = match(place, SHOPS, HOUSES)
    assert (found.matched, found.unmatched) == (1, 1)
    assert len(rows_of(place, LINK)) == 4  # each pair of layers has its own


def listed(county: County, wanted: Wanted, **asked: object) -> list[str]:
    with county.reading() as connection:
        found = find.listed(connection, county, Asked(wanted, HOUSES, **asked))  # type: ignore[arg-type]
    return list(found["key"])


def test_the_three_lists_follow_from_the_links(place: County) -> None:
    stored(place, "enterprise", [{"code": "E-1", "address": "东镇桃源村4号"}, {"code": "E-2", "address": "不详"}])
    assert listed(place, Wanted.HOUSE) == ["B0", "B1", "B2", "B3", "B4", "B9", "B99"]
    assert listed(place, Wanted.USER) == list(ADDRESSES)  # whom nobody has asked about yet
    with place.reading() as connection:
        assert find.not_tied(connection, place, Asked(Wanted.HOUSE, HOUSES)) == ("enterprise", "gas_user")
    ran(place)
    match(place, SHOPS, HOUSES)
    assert listed(place, Wanted.HOUSE) == ["B0", "B9", "B99"]
    assert listed(place, Wanted.HOUSE, layers=(USERS,)) == ["B0", "B4", "B9", "B99"]
    assert listed(place, Wanted.USER) == ["U-4", "U-5", "U-6"]
    assert listed(place, Wanted.RECORD) == ["E-2"]
    with place.reading() as connection:
        assert find.not_tied(connection, place, Asked(Wanted.HOUSE, HOUSES)) == ()
    assert listed(place, Wanted.USER, town="东镇") == ["U-4", "U-5", "U-6"]
    with pytest.raises(UnknownName):
        listed(place, Wanted.USER, town="西镇")


def test_lists_and_houses_add_up_to_the_stock(place: County) -> None:
    ran(place)
    tied_to = {house for house in houses(place).values() if house}
    assert len(listed(place, Wanted.HOUSE)) + len(tied_to) == 7
    assert len(listed(place, Wanted.USER)) + 3 == len(ADDRESSES)


def test_a_list_shows_each_role_what_its_layer_shows_it(place: County) -> None:
    ran(place)
    with place.reading() as connection:
        steward = find.listed(connection, place, Asked(Wanted.USER, HOUSES))
        planner = find.listed(connection, place, Asked(Wanted.USER, HOUSES, roles=frozenset({Role.PLANNER})))
        buildings = find.listed(connection, place, Asked(Wanted.HOUSE, HOUSES, roles=frozenset({Role.PLANNER})))
    assert steward["address"].tolist() == ["东镇桃源村77号", "东镇桃源村9号", None]
    assert planner["address"].tolist() == ["东镇桃源村*号", "东镇桃源村*号", None]
    assert "address" not in buildings
    assert not {"name", "phone"} & {*steward, *planner}
    assert steward.geometry.notna().all()


def test_links_hold_no_name_telephone_or_address(place: County) -> None:
    ran(place)
    text = json.dumps(rows_of(place, LINK), default=str, ensure_ascii=False)
    assert not any(secret in text for secret in ("王小明", "1380000", "桃源", "77号"))


def test_links_of_invented_rows_say_so(place: County) -> None:
    table = place.schema.table(USERS)
    with place.writing() as connection:
        connection.execute(sa.update(table).where(table.c.code == "U-1").values(invented=["address"]))
    ran(place)
    link = place.schema.table(LINK)
    with place.reading() as connection:
        invented = dict(map(tuple, connection.execute(sa.select(link.c.subject, link.c.invented))))
    assert {key for key, names in invented.items() if names} == {"U-1"}


# The commands


def command(county: County, *words: str) -> tuple[int, dict[str, object]]:
    own = county.settings
    given: dict[str, str | None] = {
        "WANGGE_STATE": str(own.state),
        "DATABASE_URL": None,
        "WANGGE_DATABASE": own.database,
    }
    done = CliRunner().invoke(main, ["match", *words, "--json"], env=given)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout.splitlines()[-1])


def test_the_command_ties_lists_and_decides(place: County, tmp_path: Path) -> None:
    code, facts = command(place, "gas_user", "--to", "building", "-o", str(tmp_path / "links.csv"))
    assert (code, facts["matched"], facts["ambiguous"], facts["unmatched"]) == (0, 3, 1, 2)
    assert "已归户" in (tmp_path / "links.csv").read_text(encoding="utf-8-sig")
    code, facts = command(place, "decide", "gas_user", "U-5", "B99", "--reason", "走访")
    assert (code, facts["house"]) == (0, "B99")
    code, facts = command(place, "gas_user")
    assert (code, facts["kept"], facts["unchanged"]) == (0, 1, 5)
    code, facts = command(place, "list", "user", "-o", str(tmp_path / "users.geojson"))
    assert (code, facts["rows"], facts["by_town"]) == (0, 2, {"东镇": 2})
    frame = pyogrio.read_dataframe(tmp_path / "users.geojson")
    assert frame["编号"].tolist() == ["U-4", "U-6"]
    assert frame.crs.to_epsg() == 4326
    assert 119 < frame.geometry.x.min() < 121


def test_each_list_is_a_table_and_a_map(place: County, tmp_path: Path) -> None:
    ran(place)
    code, facts = command(place, "list", "house", "-o", str(tmp_path / "houses.xlsx"))
    assert (code, facts["rows"], facts["not_tied"]) == (0, 4, [])
    cells = [[cell.value for cell in row] for row in load_workbook(tmp_path / "houses.xlsx").active.iter_rows()]
    head = next(place for place, row in enumerate(cells) if row[:4] == ["图层", "编号", "镇街", "村社"])
    assert [row[:3] for row in cells[head + 1 :]] == [["建筑", key, "东镇"] for key in ("B0", "B4", "B9", "B99")]
    code, facts = command(place, "list", "user", "-o", str(tmp_path / "users.gpkg"))
    frame = pyogrio.read_dataframe(tmp_path / "users.gpkg")
    assert (frame["编号"].tolist(), frame["结论"].tolist()) == (["U-4", "U-5", "U-6"], ["未归户", "待定", "未归户"])
    assert frame["候选房屋"].tolist()[1] == "B9 B99"
    assert frame.crs.to_epsg() == 4549


def test_what_cannot_be_done_is_said_in_a_sentence(place: County, tmp_path: Path) -> None:
    for words, sentence in (
        (("nothing",), "no layer 'nothing'"),
        (("road",), "declares no `match`"),
        (("gas_user", "--to", "road"), "declares no `footprint`"),
        (("list", "user", "--layer", "road"), "declares no `match`"),
        (("list", "user", "--town", "西镇"), "没有镇街 西镇"),
        (("list", "user", "-o", str(tmp_path / "x.doc")), "expected a file ending in one of"),
        (("decide", "gas_user", "U-77", "B1", "--reason", "x"), "no gas_user with code 'U-77'"),
    ):
        code, facts = command(place, *words)
        assert code == 1, words
        assert sentence in str(facts["error"])


def test_a_mended_list_of_links_can_be_delivered(place: County) -> None:
    ran(place)
    row = {"layer": "gas_user", "subject": "U-5", "houses": "building", "house": "B9", "state": "已归户"}
    outcome = stored(place, "link", [row | {"decided_by": "人工", "reason": f"核实于{date(2026, 6, 1)}"}])
    assert (outcome.changed, outcome.rejected) == (1, 0)
    assert counts(ran(place)) == (0, 0, 5, 1, 0)
    assert houses(place)["U-5"] == "B9"
