"""The console: the pages on which a person sets up, sees and decides.

Door(settings, listen, routes(news), started=…, problem_page=problem)
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pipeline.console import (
    browsing,
    dropping,
    folk,
    live,
    outgoing,
    overview,
    past,
    setting,
    settling,
    shelf,
    stories,
    syncing,
    wizard,
)
from pipeline.console.desk import Desk
from pipeline.console.drawing import HERE, page
from pipeline.console.live import News
from pipeline.server.problems import LANGUAGE_COOKIE, Problem
from pipeline.server.routes import Files, Route

__all__ = ["News", "furnish", "problem", "routes"]
YEAR_S = 31_536_000


async def language(request: Request) -> Response:
    """POST /language: the reader's choice, kept in a cookie."""
    form = await request.form()
    back = urlsplit(str(form.get("back", "/")))
    answer = RedirectResponse(
        back.path if back.path.startswith("/") and not back.path.startswith("//") else "/", 303
    )
    chosen = "fr" if form.get("language") == "fr" else "en"
    answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR_S, samesite="lax", httponly=True)
    return answer


def furnish(app: Starlette, config: Path, news: News) -> None:
    """Give the application what the pages need besides their routes."""
    app.state.news, app.state.desk = news, Desk(config, news.tell)


def problem(request: Request, found: Problem) -> Response:
    """What went wrong, as a page."""
    return page(request, "problem.html", "", {"problem": found}, found.status)


def routes() -> list[Route | Files]:
    """Every page, and what each needs."""
    post = ["POST"]
    return [
        Files("/assets", HERE / "assets"),
        Route("/language", language, needs="public", methods=post, does="language"),
        Route("/live", live.stream, needs="viewer"),
        Route("/", overview.jobs, needs="viewer"),
        Route("/switch", overview.turn, needs="operator", methods=post, does="switch"),
        Route("/jobs/{job}/run", overview.run_now, needs="operator", methods=post, does="job.run"),
        Route("/jobs/{job}/pause", overview.pause, needs="operator", methods=post, does="job.pause"),
        Route("/jobs/{job}/resume", overview.resume, needs="operator", methods=post, does="job.resume"),
        Route("/jobs/{job}/drop", dropping.drop, needs="operator", methods=post, does="file.drop", body=None),
        Route("/jobs/{job}/remove", setting.remove, needs="admin", methods=post, does="job.remove"),
        Route("/jobs/{job}", setting.job, needs="admin"),
        Route("/jobs/{job}", setting.save, needs="admin", methods=post, does="job.save", name="save_job"),
        Route("/folders", setting.folders, needs="admin"),
        Route("/folders/verdict", setting.verdict, needs="admin"),
        Route("/dropped", dropping.dropped, needs="viewer"),
        Route("/why", stories.why, needs="viewer"),
        Route("/files", stories.files, needs="viewer"),
        Route("/files/{id:int}", stories.file, needs="viewer"),
        Route(
            "/files/{id:int}/approve", stories.approve, needs="operator", methods=post, does="file.approve"
        ),
        Route("/files/{id:int}/reject", stories.reject, needs="operator", methods=post, does="file.reject"),
        Route("/files/{id:int}/replay", stories.replay, needs="operator", methods=post, does="file.replay"),
        Route("/files/{id:int}/undo", stories.ask_undo, needs="operator"),
        Route("/files/{id:int}/undo", stories.undo, needs="operator", methods=post, does="file.undo"),
        Route("/files/{id:int}/corrections", stories.corrections, needs="viewer"),
        Route("/files/{id:int}/original", stories.original, needs="viewer"),
        Route("/exports", outgoing.exports, needs="viewer"),
        Route("/exports/{job}/try", outgoing.try_, needs="viewer"),
        Route("/exports/{job}/run", outgoing.run, needs="operator", methods=post, does="job.run"),
        Route("/sync", syncing.syncs, needs="viewer"),
        Route("/sync/reached", syncing.reached, needs="viewer"),
        Route("/sync/conflicts", settling.conflicts, needs="viewer"),
        Route("/sync/conflicts", settling.by_rule, needs="operator", methods=post, does="conflict.settle"),
        Route("/sync/conflicts/{id}", settling.one, needs="operator", methods=post, does="conflict.settle"),
        Route("/sync/{job}/run", syncing.run, needs="operator", methods=post, does="sync.run"),
        Route("/sync/{job}/plan", syncing.plan, needs="viewer"),
        Route("/sync/{job}/planned", syncing.planned, needs="viewer"),
        Route("/sync/{job}/accept", syncing.accept, needs="admin", methods=post, does="sync.accept"),
        Route("/sync/{job}/verify", syncing.verified, needs="viewer"),
        Route("/sync/{job}/verify", syncing.verify, needs="operator", methods=post, does="sync.verify"),
        Route("/history", past.history, needs="viewer"),
        Route("/history/figures", past.figures, needs="viewer"),
        Route("/data", browsing.tables, needs="viewer"),
        Route("/data/{table}", browsing.table, needs="viewer"),
        Route("/data/{table}/row", browsing.row, needs="viewer"),
        Route("/mappings", shelf.mappings, needs="viewer"),
        Route("/mappings", shelf.upload, needs="admin", methods=post, does="mapping.add", body=shelf.LONG),
        Route("/mappings/{name}", shelf.mapping, needs="viewer"),
        Route(
            "/mappings/{name}",
            shelf.save,
            needs="admin",
            methods=post,
            does="mapping.save",
            body=shelf.LONG,
            name="save_mapping",
        ),
        Route("/mappings/{name}/copy", shelf.copy, needs="admin", methods=post, does="mapping.add"),
        Route("/mappings/{name}/toml", shelf.download, needs="viewer"),
        Route("/login", folk.login, needs="public"),
        Route("/people", folk.people, needs="admin"),
        Route("/people/users", folk.add_user, needs="admin", methods=post, does="user.add"),
        Route("/people/users/{name}", folk.change_user, needs="admin", methods=post, does="user.change"),
        Route("/people/tokens", folk.add_token, needs="admin", methods=post, does="token.add"),
        Route("/people/tokens/{name}/revoke", folk.revoke, needs="admin", methods=post, does="token.revoke"),
        Route("/new", wizard.start, needs="admin"),
        Route("/new", wizard.begin, needs="admin", methods=post, does="draft.begin", body=None),
        Route("/new/{id}", wizard.draft, needs="admin"),
        Route("/new/{id}", wizard.update, needs="admin", methods=post, does="draft.change", body=shelf.LONG),
    ]
