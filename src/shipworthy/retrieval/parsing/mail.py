"""One e-mail (EML): who wrote it to whom and when, then its words. Attachments are named, not opened."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage, MIMEPart

from shipworthy.retrieval.parsing.building import Builder, Parsed, Source, one_line, refused
from shipworthy.retrieval.parsing.html import add_html

__all__ = ["parse_mail"]

_HEADERS = ("From", "To", "Cc", "Date")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")


def parse_mail(source: Source) -> Parsed:
    """Read an e-mail."""
    message = email.message_from_bytes(source.data, policy=email.policy.default)
    if not message.keys():
        raise refused(source, "is not an e-mail: it has no headers.", hint="Save the message as EML again.")
    builder = Builder(source)
    told = {name: _header(message, name) for name in ("Subject", *_HEADERS)}
    builder.title = told["Subject"] or None
    builder.heading(told["Subject"], 1)
    builder.add("\n".join(f"{name}: {told[name]}" for name in _HEADERS if told[name]))
    builder.metadata |= {
        key: told[name][:500] for key, name in (("author", "From"), ("date", "Date")) if told[name]
    }
    _add_body(builder, message)
    names = [_file_name(part) for part in message.iter_attachments()] if message.is_multipart() else []
    if names:
        shown = ", ".join(map(repr, names[:10])) + (", …" if len(names) > 10 else "")
        builder.warnings.append(f"Not read: what is attached ({shown}). Save it beside the message.")
    return builder.finish()


def _header(message: EmailMessage, name: str) -> str:
    try:
        return one_line(str(message.get(name, "")))[:2_000]
    except (ValueError, LookupError, AttributeError, IndexError, TypeError):  # how broken headers fail
        return ""


def _file_name(part: object) -> str:
    name = part.get_filename() if isinstance(part, EmailMessage) else None
    return one_line(name)[:100] if name else "without a name"


def _add_body(builder: Builder, message: EmailMessage) -> None:
    body = message.get_body(("plain", "html"))
    if body is None:
        builder.warnings.append("The message has no words of its own.")
        return
    words = _content(body)
    if body.get_content_type() == "text/html":
        add_html(builder, words, lines=False)
        return
    for paragraph in _PARAGRAPH.split(words.replace("\r\n", "\n")):
        builder.add(paragraph)


def _content(body: MIMEPart) -> str:
    try:
        return str(body.get_content())
    except (LookupError, ValueError, KeyError):  # a character set that does not exist
        data = body.get_payload(decode=True)
        return data.decode("utf-8", "replace") if isinstance(data, bytes) else ""
