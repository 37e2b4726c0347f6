"""The coordinate system that a .prj names, by its registered name where it has one under whatever spelling."""

import re
from pathlib import Path

DATUM = re.compile(
    r'(DATUM\s*\[\s*")([^"]*)("\s*,\s*(?:SPHEROID|ELLIPSOID)\s*\[\s*"[^"]*"\s*,\s*)([\d.]+)(\s*,\s*)([\d.]+)'
)
SPELLINGS = (
    (
        re.compile(r"(?:cgcs|china|国家|大地)\D*2000|2000\D*(?:国家|大地|cgcs)", re.I),
        "D_China_2000",
        (6378137, 298.257222101),
    ),
    (re.compile(r"(?:xi.?an|西安)\D*(?:19)?80|(?:19)?80\D*西安", re.I), "D_Xian_1980", (6378140, 298.257)),
    (re.compile(r"(?:beijing|北京)\D*(?:19)?54|(?:19)?54\D*北京", re.I), "D_Beijing_1954", (6378245, 298.3)),
)
"""How the three datums of China are spelt by Chinese programs, the name that PROJ knows, and their ellipsoids."""
SURE = 70
"""PROJ's confidence where all parameters and the datum agree, and only the system's own name is another one."""
MOST_BYTES = 100_000
UNREADABLE = ".prj 读不懂，坐标系须以 --crs 声明 · the .prj cannot be read; declare the system with --crs"


def named(path: Path) -> tuple[str | None, list[str]]:
    """Give the system, such as EPSG:4549, or its WKT where no registry has it; None and a note where unreadable."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    data = path.read_bytes()[:MOST_BYTES]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    text = text.strip("\x00 \t\r\n")
    try:
        system = CRS.from_user_input(DATUM.sub(_respelt, text))
    except CRSError:
        return None, [UNREADABLE]
    if not (system.is_geographic or system.is_projected):
        return None, [UNREADABLE]
    authority = system.to_authority(min_confidence=SURE)
    return (":".join(authority) if authority else text), []


def _respelt(match: re.Match[str]) -> str:
    """Give the datum under the name that PROJ knows where its name and its ellipsoid both say which it is."""
    ellipsoid = (float(match[4]), float(match[6]))
    for spelling, known, numbers in SPELLINGS:
        agrees = all(abs(one - other) < 1e-6 for one, other in zip(ellipsoid, numbers, strict=True))
        if agrees and spelling.search(match[2].replace("_", " ")):
            return f"{match[1]}{known}{match[3]}{match[4]}{match[5]}{match[6]}"
    return match[0]
