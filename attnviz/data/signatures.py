"""What a file is by its first bytes, whatever its name says."""

import zipfile

from attnviz.data.files import OLE, File
from attnviz.errors import N_

SIGNATURES = {  # how a file starts that is no text: what it is, and under which ending it is read
    b"\x89PNG": (N_("a PNG image"), None),
    b"\xff\xd8\xff": (N_("a JPEG image"), None),
    b"GIF87a": (N_("a GIF image"), None),
    b"GIF89a": (N_("a GIF image"), None),
    b"%PDF-": (N_("a PDF document"), ".pdf"),
    b"PK\x03\x04": (N_("a ZIP archive (Excel's .xlsx and Word's .docx are such)"), None),
    b"\x1f\x8b": (N_("a gzip archive"), ".gz"),
    b"7z\xbc\xaf": (N_("a 7-Zip archive"), None),
    b"Rar!\x1a": (N_("a RAR archive"), None),
    b"{\\rtf": (N_("an RTF document"), None),
    OLE: (N_("an Excel 97 or Word 97 document"), None),
    b"PAR1": (N_("a Parquet file"), ".parquet"),
}
TEXTS = {  # the same in text, in small letters
    **dict.fromkeys((b"<!doctype html", b"<html"), (N_("a web page (HTML)"), None)),
    b"<?xml": (N_("an XML file"), None),
    b"version https://git-lfs": (N_("Git LFS's pointer to a file, not the file itself"), None),
}
MEMBERS = {  # what a ZIP archive is that holds such a file
    "xl/workbook.xml": (N_("an Excel spreadsheet"), ".xlsx"),
    "word/document.xml": (N_("a Word document"), ".docx"),
}


def signature(file: File) -> tuple[str, str | None] | None:
    """What a file is that begins like no text, and the ending under which it is read, if any."""
    start = file.start(100)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()  # of pages and pointers
    found = next((row for magic, row in SIGNATURES.items() if start.startswith(magic)), None)
    found = found or next((row for magic, row in TEXTS.items() if text.startswith(magic)), None)
    if not start.startswith(b"PK\x03\x04"):
        return found
    try:
        with file.on_disk() as packed, zipfile.ZipFile(packed) as archive:
            names = set(archive.namelist())
    except Exception:  # not even an archive: the first answer holds
        return found
    return next((row for name, row in MEMBERS.items() if name in names), (found[0], ".zip"))
