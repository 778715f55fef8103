"""What people hold in their hands: PDFs, read with software that is not ours where it is installed."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.demo import slip_reader
from infra.demo.caller import Answer
from infra.demo.people import Person
from infra.demo.stage import Stage

# Poppler's and MuPDF's, each with the arguments that write a file's text to the standard output.
_READERS = {"pdftotext": ("-layout", "{}", "-"), "mutool": ("draw", "-q", "-F", "txt", "{}")}
_ACTIVATION = re.compile(r"\b[0-9A-Z]{4}(?: [0-9A-Z]{4}){3}\b")
_GENERATION = re.compile(r"(?<=[ ])[0-9A-Za-z]{5} [0-9A-Za-z]{5}(?=[ ])")
_VERIFICATION = re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b")


@dataclass(frozen=True)
class Paper:
    """A PDF as it is read."""

    file: str
    text: str

    def verification_code(self) -> str:
        """Of a letter or a receipt: groups joined by hyphens."""
        found = _VERIFICATION.search(self.text)
        return found[0] if found else ""

    def generation_code(self) -> str:
        """Of a slip: two groups, in which case matters."""
        found = _GENERATION.search(self.text)
        return found[0] if found else ""

    def activation_code(self) -> str:
        """Of a proof of registration: groups apart."""
        found = _ACTIVATION.search(self.text)
        return found[0] if found else ""


def reader() -> str:
    """Which software reads PDFs here."""
    return next(
        filter(shutil.which, _READERS), "our own reader, as neither pdftotext nor mutool is installed"
    )


def read(file: Path) -> Paper:
    """A PDF's text."""
    command = reader()
    if command not in _READERS:
        text = "\n".join(text for _, text in slip_reader.texts(file.read_bytes()))
    else:
        arguments = [each.format(file) for each in _READERS[command]]
        text = subprocess.run([command, *arguments], capture_output=True, text=True, check=True).stdout
    return Paper(file.name, " ".join(text.split()))


def take_home(stage: Stage, who: Person, name: str, answer: Answer, kind: str) -> Paper:
    """A receipt out of an answer: kept, read, and checked in public by the code that is printed on it."""
    tell = stage.narrator
    file = stage.keep(f"{name}.pdf", base64.b64decode(answer.json["receipt_pdf"]))
    paper = read(stage.folder / file)
    number = str(who["nif"])
    hidden = number not in paper.text and f"{number[3:7]}" in paper.text
    tell.check(
        f"{file} shows the number masked, and no name", hidden and who["surname1"] not in paper.text, paper
    )
    if code := paper.activation_code():
        stage.activation_codes[number] = code
    told = stage.citizen.post("/v1/receipts/verifications", {"verification_code": paper.verification_code()})
    digest = stage.openssl.must("dgst", "-sha256", "-r", file).partition(" ")[0]
    same = told.status == 200 and told.json["sha256"] == digest and told.json["kind"] == kind
    tell.check(
        f"anybody who types its code learns that it is a {kind}, and its hash, as openssl has it", same, told
    )
    return paper
