"""What `./dev i18n` runs: brings each i18n/*.po up to date with the terms that Odoo has exported.

It stays because Odoo only exports: what was translated before is kept here.
"""

import sys
from pathlib import Path

import polib


def merge(exported, path, language=""):
    """Write the terms of ``exported`` to ``path``, with the translations that it has already."""
    known = polib.pofile(path) if Path(path).exists() else []
    translations = {
        entry.msgid: entry.msgstr for entry in known if language and "fuzzy" not in entry.flags
    }
    merged = polib.POFile(wrapwidth=78)
    merged.header = "Terms of the Odoo addon deadline_management."
    merged.metadata = {
        "Project-Id-Version": "deadline_management 19.0",
        **({"Language": language} if language else {}),
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    for entry in polib.pofile(exported):
        entry.msgstr = translations.get(entry.msgid, "")
        merged.append(entry)
    merged.save(path)
    missing = sum(not entry.msgstr for entry in merged)
    print(
        path,
        f"{len(merged)} terms" + (f", {missing} to translate" if language and missing else ""),
    )


if __name__ == "__main__":
    exported, template, *languages = sys.argv[1:]
    merge(exported, template)
    for code in languages:
        merge(exported, f"i18n/{code}.po", code)
