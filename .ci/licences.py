"""The licences of a folder of wheels, as each wheel itself says them: name, version, licence, one line a wheel."""

import sys
import zipfile
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

SHORT = 80  # a longer License field is the licence's whole text


def metadata(wheel: Path) -> Message:
    """Give a wheel's METADATA; KeyError where it has none."""
    with zipfile.ZipFile(wheel) as archive:
        found = next((name for name in archive.namelist() if name.endswith(".dist-info/METADATA")), "METADATA")
        return HeaderParser().parsestr(archive.read(found).decode())


def licence(said: Message) -> str:
    """Give the licence that the metadata name: expression, else classifiers, else a short License field."""
    named = str(said.get("License", "")).strip()
    classified = [
        str(line).rpartition("::")[2].strip()
        for line in said.get_all("Classifier", [])
        if str(line).startswith("License ::")
    ]
    short = named if len(named) <= SHORT and "\n" not in named else ""
    return str(said.get("License-Expression", "")) or short or "; ".join(classified) or "see the wheel's licence files"


def main() -> None:
    """Print the table of the folder that the command line names, by name."""
    print("wheel\tversion\tlicence")
    for wheel in sorted(Path(sys.argv[1]).glob("*.whl"), key=lambda path: path.name.lower()):
        said = metadata(wheel)
        print(f"{said['Name']}\t{said['Version']}\t{licence(said)}")


main()
