"""Pages made of templates: words, times and numbers in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pipeline import __version__
from pipeline.hours import schedule as sentence
from pipeline.jobs import Settings
from pipeline.people.callers import Caller
from pipeline.server.problems import language_of
from pipeline.server.routes import site
from pipeline.words import Fact, Language, Message, catalogue, message, printable, render
from pipeline.words.schedule import WEEKDAYS

Theme = Literal["", "light", "dark"]
HERE = Path(__file__).parent
TONES = {
    "committed": "good", "archived": "good", "exported": "good", "approved": "good", "duplicate": "soft",
    "undone": "soft", "undo": "soft", "failed": "bad", "rejected": "bad", "held": "warn", "waiting": "warn",
    "written": "warn",
}  # fmt: skip
"""How a file's state is coloured; a word and a sign always stand beside the colour."""
PLACES = (
    ("/", "nav.jobs"),
    ("/files", "nav.files"),
    ("/mappings", "nav.mappings"),
    ("/exports", "nav.exports"),
    ("/history", "nav.history"),
    ("/data", "nav.data"),
)
SYNCED = (("/sync", "nav.sync"),)  # where there are synchronisations
RULED = (("/people", "nav.people"),)  # for admins
MARKS = {"good": "✓", "bad": "✗", "warn": "!", "soft": "·"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the language, the theme, and the time zone of the installation."""

    language: Language
    theme: Theme
    zone: str

    def say(self, said: Message | None) -> str:
        return "" if said is None else render(said, self.language)

    def word(self, code: str, **facts: Fact) -> str:
        return render(message(code, **facts), self.language)

    def number(self, value: int | float | Decimal) -> str:
        """5,060 or 5 060."""
        text = f"{value:,}"
        return text.replace(",", "\u202f").replace(".", ",") if self.language == "fr" else text

    def moment(self, at: datetime | None) -> Markup:
        """A moment in the installation's time zone, in the reader's way; "" for none."""
        if at is None:
            return Markup("")
        here = at.astimezone(ZoneInfo(self.zone))
        shown = here.strftime("%d/%m/%Y %H:%M:%S" if self.language == "fr" else "%Y-%m-%d %H:%M:%S")
        return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), shown)


def reader(request: Request, zone: str) -> Reader:
    """By the reader's choice, else as the browser asks, else by the config."""
    theme = request.cookies.get("theme", "")
    chosen: Theme = "dark" if theme == "dark" else "light" if theme == "light" else ""
    return Reader(language_of(request), chosen, zone)


@cache
def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("pipeline.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        {
            "say": _say,
            "moment": _moment,
            "number": _number,
            "state": _state,
            "sentence": _sentence,
            "day": _day,
            "month": _month,
            "printable": _printable,
        }
    )
    made.globals.update({"t": _word, "asset": asset})
    return made


def page(
    request: Request, name: str, here: str, facts: Mapping[str, object], status: int = 200
) -> HTMLResponse:
    """A page of this template. `here`: its place in the navigation."""
    who, asks = reader(request, site(request).settings.timezone), getattr(request.state, "caller", Caller())
    places = PLACES + (SYNCED if site(request).settings.syncs else ()) + (RULED if asks.may("admin") else ())
    text = environment().get_template(name).render(
        who=who, here=here, path=request.url.path, person=asks, csrf=asks.csrf,
        places=places if asks.known else (), version=__version__, weekdays=[both[who.language == "fr"] for both in WEEKDAYS], **facts,
    )  # fmt: skip
    return HTMLResponse(text, status, {"cache-control": "no-store", "vary": "cookie, accept-language"})


def names_of(settings: Settings) -> list[str]:
    """Every job, the imports first."""
    return [*(job.name for job in settings.imports), *(job.name for job in settings.exports)]


def back(request: Request, path: str) -> Response:
    """After something was done: to a page that may be loaded again. A script that sent a file goes there itself."""
    if "x-pipeline" in request.headers:
        return Response(status_code=204, headers={"x-go": path})
    return RedirectResponse(path, 303)


@cache
def asset(name: str) -> str:
    """The address of an asset, new when its content is: it may be kept for a year."""
    mark = sha256((HERE / "assets" / name).read_bytes()).hexdigest()[:12]
    return f"/assets/{name}?{mark}"


@pass_context
def _word(context: Context, code: str, **facts: Fact) -> str:
    known = f"console.{code}"
    who: Reader = context["who"]
    return who.word(known if known in catalogue() else code, **facts)


@pass_context
def _say(context: Context, said: Message | None) -> str:
    who: Reader = context["who"]
    return who.say(said)


@pass_context
def _moment(context: Context, at: datetime | None) -> Markup:
    who: Reader = context["who"]
    return who.moment(at)


@pass_context
def _number(context: Context, value: int | float | Decimal) -> str:
    who: Reader = context["who"]
    return who.number(value)


@pass_context
def _state(context: Context, state: str) -> Markup:
    """A state as a word with its sign and colour."""
    who: Reader = context["who"]
    tone = TONES.get(state, "soft")
    return Markup('<span class="state {}"><span aria-hidden="true">{}</span> {}</span>').format(
        tone, MARKS[tone], escape(who.word(f"cli.state.{state}"))
    )


@pass_context
def _sentence(context: Context, schedule: str) -> str:
    """A schedule in words."""
    who: Reader = context["who"]
    return sentence(who, schedule, who.zone)


@pass_context
def _day(context: Context, day: date) -> str:
    who: Reader = context["who"]
    return day.strftime("%d/%m/%Y") if who.language == "fr" else day.isoformat()


@pass_context
def _month(context: Context, day: date) -> str:
    who: Reader = context["who"]
    names = who.word("console.months").split()
    return f"{names[day.month - 1]} {day.year}"


def _printable(raw: bytes) -> str:
    """The bytes of a row as text."""
    return printable(raw.decode("utf-8", "replace").strip("\r\n"))
