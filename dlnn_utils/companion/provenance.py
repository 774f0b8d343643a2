"""Where a figure came from, written into the figure file itself."""

import ast
import json
import re
from pathlib import Path

from .dependencies import code_hash


def provenance(notebook: str, parameters: dict) -> dict:
    """Return what made a figure: notebook, parameters, and the hash of the code."""
    return {"notebook": notebook, "parameters": parameters, "code": code_hash(notebook)}


def metadata(origin: dict, ending: str) -> dict:
    """Return Matplotlib's ``metadata`` argument that stores an origin in a "png" or "pdf" file."""
    text = json.dumps(origin, sort_keys=True)
    if ending == "png":
        return {"Software": None, "Description": text}
    return {"Creator": None, "Producer": None, "CreationDate": None, "Keywords": text}


def read(path: Path) -> dict:
    """Return the origin that a PNG, GIF or PDF file carries.

    Raises
    ------
    ValueError
        If the file carries none.
    """
    path = Path(path)
    if path.suffix in (".png", ".gif"):
        from PIL import Image

        with Image.open(path) as image:
            text = image.info.get("Description") or image.info.get("comment", "")
    else:
        found = re.search(rb"/Keywords \((\{.*?\})\)", path.read_bytes(), re.DOTALL)
        text = ast.literal_eval(f"'{found[1].decode('latin-1')}'") if found else ""
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"{path.name} carries no provenance") from None
