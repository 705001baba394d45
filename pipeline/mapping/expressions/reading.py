"""SQL text → our tree, or what is wrong with it. sqlglot parses; only nodes and arguments that we know go through.

An argument that is not known here is refused, never passed over: sqlglot keeps `IS NOT NULL` as `Is(negate=True)`
and `IN (SELECT …)` as `In(query=…)`, so reading only what one expects would turn a condition round in silence.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable
from functools import lru_cache

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

from pipeline.mapping.expressions.tree import Call, Cell, Looked, Node, Null, Number, Span, Text, This, Truth
from pipeline.words import Fact, Message, message

MAX_TEXT = 2_000  # characters
MAX_NODES = 300
MAX_DEPTH = 40
MAX_SPAN = {"day": 36_600, "week": 5_200, "month": 1_200, "year": 100}

# sqlglot's class → (our name, its arguments in order, further arguments with the only values they may have)
_BOTH = ("this", "expression")
_ONE = ("this",)
NODES: dict[type[exp.Expression], tuple[str, tuple[str, ...], dict[str, tuple[object, ...]]]] = {
    exp.Add: ("+", _BOTH, {}), exp.Sub: ("-", _BOTH, {}), exp.Mul: ("*", _BOTH, {}),
    exp.Div: ("/", _BOTH, {"typed": (True,)}),
    exp.EQ: ("=", _BOTH, {}), exp.NEQ: ("<>", _BOTH, {}), exp.LT: ("<", _BOTH, {}),
    exp.LTE: ("<=", _BOTH, {}), exp.GT: (">", _BOTH, {}), exp.GTE: (">=", _BOTH, {}),
    exp.And: ("and", _BOTH, {}), exp.Or: ("or", _BOTH, {}), exp.Not: ("not", _ONE, {}),
    exp.In: ("in", ("this", "*expressions"), {}), exp.Between: ("between", ("this", "low", "high"), {}),
    exp.Like: ("like", _BOTH, {"negate": (True,)}), exp.ILike: ("ilike", _BOTH, {"negate": (True,)}),
    exp.RegexpLike: ("~", _BOTH, {}), exp.RegexpILike: ("~*", _BOTH, {}),
    exp.DPipe: ("||", _BOTH, {"safe": (True,)}),
    exp.Concat: ("concat", ("*expressions",), {"safe": (True,), "coalesce": (True,)}),
    exp.ConcatWs: ("concat_ws", ("*expressions",), {"safe": (True,), "coalesce": (True,)}),
    exp.Coalesce: ("coalesce", ("this", "*expressions"), {}), exp.Nullif: ("nullif", _BOTH, {}),
    exp.Abs: ("abs", _ONE, {}), exp.Round: ("round", ("this", "decimals"), {}),
    exp.Upper: ("upper", _ONE, {}), exp.Lower: ("lower", _ONE, {}), exp.Length: ("length", _ONE, {}),
    exp.SplitPart: ("split_part", ("this", "delimiter", "part_index"), {}),
    exp.Substring: ("substring", ("this", "start", "length"), {}),
    exp.Left: ("left", _BOTH, {}), exp.Right: ("right", _BOTH, {}),
    exp.Replace: ("replace", ("this", "expression", "replacement"), {}),
    exp.StrPosition: ("strpos", ("this", "substr"), {}),
    exp.RegexpReplace: ("regexp_replace", ("this", "expression", "replacement", "modifiers"), {"single_replace": (True,)}),
    exp.RegexpSubstr: ("regexp_substr", _BOTH, {}),
}  # fmt: skip
OWN = (
    "date",
    "number",
    "line_number",
    "file_name",
    "file_stem",
    "file_folder",
)  # SQL has them not, or otherwise
OTHERS = ("case", "trim", "ltrim", "rtrim", "lpad", "rpad", "date_trunc", "extract")
KNOWN = sorted({name for name, _, _ in NODES.values() if name.isidentifier()} | set(OWN) | set(OTHERS))
LOOKUP = "lookup"
FLAT = ("||", "and", "or")
NO_FLAGS: dict[str, tuple[object, ...]] = {}
_MARK = "pipeline_"
_SAME = ("substr", "char_length", "btrim")  # other names of functions that are known
_WORDS = (
    "and", "or", "not", "in", "is", "null", "like", "ilike", "between", "case", "when", "then", "else", "end", "true",
    "false", "interval", "from", "for", "both", "leading", "trailing", "this",
)  # fmt: skip
_PARTS = ("year", "quarter", "month", "week", "day", "dow", "isodow", "doy")
_T = TokenType
_SIGNS = (
    _T.STRING, _T.NUMBER, _T.IDENTIFIER, _T.L_PAREN, _T.R_PAREN, _T.COMMA, _T.DOT, _T.PLUS, _T.DASH, _T.STAR, _T.SLASH,
    _T.EQ, _T.NEQ, _T.LT, _T.LTE, _T.GT, _T.GTE, _T.DPIPE, _T.TILDE, _T.RLIKE, _T.IRLIKE, _T.NOT,
)  # fmt: skip
_PREFIXES = (_T.DASH, _T.NOT, _T.TILDE, _T.PLUS)
_OPEN = (_T.L_PAREN, _T.CASE)
_CLOSE = (_T.R_PAREN, _T.END)


@lru_cache(512)
def read(text: str) -> tuple[Node | None, tuple[Message, ...]]:
    """(tree, no mistakes), or (None, every mistake that was found)."""
    reader = _Reader()
    tree = reader.tree(text)
    node = None if tree is None else reader.node(tree)
    return (None if reader.mistakes else node), tuple(reader.mistakes)


class _Reader:
    """Turns one expression into ours; `mistakes` grows, so that all are told at once."""

    def __init__(self) -> None:
        self.mistakes: list[Message] = []

    def say(self, code: str, **facts: Fact) -> Node:
        said = message(code, **facts)
        if said not in self.mistakes:
            self.mistakes.append(said)
        return Null()

    def tree(self, text: str) -> exp.Expression | None:
        """sqlglot's tree of a text that is small enough for it. Read as the one column of a SELECT, so that nothing
        but an expression can be one."""
        if len(text) > MAX_TEXT:
            self.say("expressions.too_long", limit=MAX_TEXT)
            return None
        if re.search("[\ud800-\udfff\0]", text):
            self.say("expressions.not_here", what="NUL / U+D800")
            return None
        dialect = Dialect.get_or_raise("postgres")
        try:
            tokens = dialect.tokenize(text)
            if not self._small(tokens):
                return None
            trees = dialect.parse(f"SELECT ({self._renamed(text, tokens)}\n)")
        except RecursionError:
            self.say("expressions.too_deep", limit=MAX_DEPTH)
            return None
        except SqlglotError as error:
            self.say("expressions.syntax", near=_near(error, text))
            return None
        select = trees[0] if len(trees) == 1 else None
        if (
            not isinstance(select, exp.Select)
            or len(select.expressions) != 1
            or _more(select, {"expressions"})
        ):
            self.say("expressions.one")
            return None
        tree: exp.Expression = select.expressions[0]
        if isinstance(tree, exp.Paren):  # ours
            tree = tree.this
        count, depth = _size(tree)
        if count > MAX_NODES:
            self.say("expressions.too_many", limit=MAX_NODES)
        if depth > MAX_DEPTH:
            self.say("expressions.too_deep", limit=MAX_DEPTH)
        return None if self.mistakes else tree

    def _small(self, tokens: list[Token]) -> bool:
        """Before the parser, which calls itself, and on some words of full SQL twice at every level: only words and
        signs of expressions, brackets and signs nested within bounds, one expression."""
        depth = deepest = signs = 0
        for at, token in enumerate(tokens):
            depth += (token.token_type in _OPEN) - (token.token_type in _CLOSE)
            signs = signs + 1 if token.token_type in _PREFIXES else 0
            deepest = max(deepest, depth, signs)
            if token.token_type is TokenType.SEMICOLON or depth < 0:
                self.say("expressions.one")
            elif not self._ours(tokens, at):
                self._strange(token.text)
        if not tokens:
            self.say("expressions.blank")
        if deepest > MAX_DEPTH:
            self.say("expressions.too_deep", limit=MAX_DEPTH)
        if len(tokens) > 3 * MAX_NODES:
            self.say("expressions.too_many", limit=MAX_NODES)
        return not self.mistakes

    def _ours(self, tokens: list[Token], at: int) -> bool:
        """Whether this word or sign belongs to expressions, at its place."""
        kind, word = tokens[at].token_type, tokens[at].text.lower()
        if kind in _SIGNS:
            return True
        called = at + 1 < len(tokens) and tokens[at + 1].token_type is TokenType.L_PAREN
        if called:
            return word in KNOWN or word in _SAME or word == LOOKUP or word in _WORDS
        after_dot = at > 0 and tokens[at - 1].token_type is TokenType.DOT
        return kind is TokenType.VAR or word in _WORDS or word in _PARTS or after_dot

    def _renamed(self, text: str, tokens: list[Token]) -> str:
        """Our functions whose names are types in SQL, under names that are none: `date(` tries to be a type first."""
        for token, following in reversed(list(itertools.pairwise(tokens))):
            if token.text.lower() in OWN and following.token_type is TokenType.L_PAREN:
                text = f"{text[: token.start]}{_MARK}{token.text}{text[token.end + 1 :]}"
        return text

    def node(self, tree: object) -> Node:
        if not isinstance(tree, exp.Expression):
            return self.say("expressions.syntax", near=str(tree)[:40])
        if type(tree) in NODES:
            return self._known(tree)
        special = _SPECIAL.get(type(tree))
        if special is not None:
            return special(self, tree)
        return self._strange(tree.name if isinstance(tree, exp.Anonymous) else type(tree).__name__)

    def _strange(self, name: str) -> Node:
        near = difflib.get_close_matches(name.lower(), KNOWN, 1, 0.7)
        if near:
            return self.say("expressions.unknown_near", name=name[:40], near=near[0])
        return self.say("expressions.unknown", name=name[:40])

    def _known(self, tree: exp.Expression) -> Node:
        name, order, flags = NODES[type(tree)]
        if not self._only(tree, {part.lstrip("*") for part in order}, flags):
            return Null()
        args: list[Node] = []
        for part in order:
            value = tree.args.get(part.lstrip("*"))
            if part.startswith("*"):
                args += [self.node(one) for one in value or ()]
            elif value is not None:
                args.append(self.node(value))
        if name in FLAT:  # a || b || c is one call: long chains are wide, not deep
            args = [one for a in args for one in (a.args if isinstance(a, Call) and a.name == name else (a,))]
        call = Call(name, tuple(args))
        return Call("not", (call,)) if tree.args.get("negate") else call

    def _only(
        self, tree: exp.Expression, known: set[str], flags: dict[str, tuple[object, ...]] = NO_FLAGS
    ) -> bool:
        """Whether it has no argument but these, and no flag with another value than these."""
        for name in _more(tree, known):
            if tree.args[name] not in flags.get(name, ()):
                self.say("expressions.not_here", what=f"{type(tree).__name__} ({name})")
                return False
        return True

    def paren(self, tree: exp.Expression) -> Node:
        return self.node(tree.this) if self._only(tree, {"this"}) else Null()

    def literal(self, tree: exp.Expression) -> Node:
        text = str(tree.this)
        if tree.args.get("is_string"):
            return Text(text) if "\0" not in text else self.say("expressions.not_here", what="NUL")
        if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{0,12})?|\.[0-9]{1,12}", text):
            return self.say("expressions.number", number=text[:40])
        return Number(text)

    def null(self, tree: exp.Expression) -> Node:
        return Null()

    def truth(self, tree: exp.Expression) -> Node:
        return Truth(bool(tree.this))

    def column(self, tree: exp.Expression) -> Node:
        name, table = tree.args.get("this"), tree.args.get("table")
        if not self._only(tree, {"this", "table"}) or not isinstance(name, exp.Identifier):
            return self.say("expressions.not_here", what=str(tree)[:40])
        if (
            isinstance(table, exp.Identifier)
            and not table.args.get("quoted")
            and table.name.lower() == "this"
        ):
            return This(name.name)
        if table is not None:
            return self.say("expressions.bare", name=f"{table.name}.{name.name}"[:80])
        if not name.args.get("quoted"):
            return self.say("expressions.bare", name=name.name[:80])
        return Cell(name.name)

    def negative(self, tree: exp.Expression) -> Node:
        inner = self.node(tree.this) if self._only(tree, {"this"}) else Null()
        if isinstance(inner, Number) and not inner.text.startswith("-"):
            return Number("-" + inner.text)
        return Call("neg", (inner,))

    def is_null(self, tree: exp.Expression) -> Node:
        if not self._only(tree, {"this", "expression"}, {"negate": (True,)}):
            return Null()
        if not isinstance(tree.expression, exp.Null):
            return self.say("expressions.is")
        call = Call("is null", (self.node(tree.this),))
        return Call("not", (call,)) if tree.args.get("negate") else call

    def case(self, tree: exp.Expression) -> Node:
        """`case` with its conditions and results in turn, the default last. `CASE x WHEN y` compares x with each y."""
        if not self._only(tree, {"this", "ifs", "default"}):
            return Null()
        subject = None if tree.this is None else self.node(tree.this)
        args: list[Node] = []
        for one in tree.args.get("ifs") or ():
            if type(one) is not exp.If or not self._only(one, {"this", "true"}):
                return self.say("expressions.not_here", what="CASE")
            condition = self.node(one.this)
            args.append(condition if subject is None else Call("=", (subject, condition)))
            args.append(self.node(one.args.get("true")))
        default = tree.args.get("default")
        args.append(Null() if default is None else self.node(default))
        return Call("case", tuple(args))

    def trim(self, tree: exp.Expression) -> Node:
        if not self._only(tree, {"this", "expression"}, {"position": ("LEADING", "TRAILING", "BOTH")}):
            return Null()
        name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(tree.args.get("position")), "trim")
        signs = tree.args.get("expression")
        return Call(name, (self.node(tree.this), Text(" ") if signs is None else self.node(signs)))

    def pad(self, tree: exp.Expression) -> Node:
        if not self._only(tree, {"this", "expression", "fill_pattern"}, {"is_left": (True, False)}):
            return Null()
        fill = tree.args.get("fill_pattern")
        text, width = self.node(tree.this), self.node(tree.expression)
        name = "lpad" if tree.args.get("is_left") else "rpad"
        return Call(name, (text, width, Text(" ") if fill is None else self.node(fill)))

    def part(self, tree: exp.Expression) -> Node:
        """`extract(year from x)`: its unit is a text in our tree."""
        if not self._only(tree, {"this", "expression"}):
            return Null()
        return Call("extract", (Text(tree.this.name.lower()), self.node(tree.expression)))

    def truncated(self, tree: exp.Expression) -> Node:
        if not self._only(tree, {"this", "unit"}):
            return Null()
        return Call("date_trunc", (Text(str(tree.args["unit"].name).lower()), self.node(tree.this)))

    def span(self, tree: exp.Expression) -> Node:
        unit = tree.args.get("unit")
        name = unit.name.lower().rstrip("s") if isinstance(unit, exp.Var) else ""
        count = tree.this.name if isinstance(tree.this, exp.Literal) else ""
        whole = bool(re.fullmatch(r"-?[0-9]{1,5}", count)) and name in MAX_SPAN
        if not self._only(tree, {"this", "unit"}) or not whole or abs(int(count)) > MAX_SPAN[name]:
            return self.say("expressions.span")
        return Span(int(count), name)

    def lookup(self, tree: exp.Expression) -> Node:
        """Its table and columns are written out; its keys are cells of the file or written out."""
        args = [self.node(one) for one in tree.expressions]
        words, keys = [args[i] for i in (0, 1, *range(2, len(args), 2)) if i < len(args)], args[3::2]
        if len(args) < 4 or len(args) % 2 or not all(isinstance(one, Text) for one in words):
            return self.say("expressions.lookup")
        if not all(isinstance(one, Cell | Text) for one in keys):
            return self.say("expressions.lookup")
        table, take, *columns = [one.text for one in words if isinstance(one, Text)]
        by = zip(columns, [one for one in keys if isinstance(one, Cell | Text)], strict=True)
        return Looked(table, take, tuple(by))

    def own(self, tree: exp.Expression) -> Node:
        name = tree.name.lower().removeprefix(_MARK)
        if name == LOOKUP and self._only(tree, {"this", "expressions"}):
            return self.lookup(tree)
        if name not in OWN or not self._only(tree, {"this", "expressions"}):
            return self._strange(tree.name)
        return Call(name, tuple(self.node(one) for one in tree.expressions))


_SPECIAL: dict[type[exp.Expression], Callable[[_Reader, exp.Expression], Node]] = {
    exp.Paren: _Reader.paren, exp.Literal: _Reader.literal, exp.Null: _Reader.null, exp.Boolean: _Reader.truth,
    exp.Column: _Reader.column, exp.Neg: _Reader.negative, exp.Is: _Reader.is_null, exp.Case: _Reader.case,
    exp.Trim: _Reader.trim, exp.Pad: _Reader.pad, exp.Extract: _Reader.part, exp.TimestampTrunc: _Reader.truncated,
    exp.Interval: _Reader.span, exp.Anonymous: _Reader.own,
}  # fmt: skip


def _more(tree: exp.Expression, known: set[str]) -> list[str]:
    """Arguments that say something and are not among these."""
    return [
        k for k, v in tree.args.items() if k not in known and v is not None and v is not False and v != []
    ]


def _size(tree: exp.Expression) -> tuple[int, int]:
    """How many nodes, and how deep; chains of the same operator that we make flat count as one level."""
    count, deepest = 0, 0
    todo: list[tuple[exp.Expression, int]] = [(tree, 1)]
    while todo:
        one, depth = todo.pop()
        count, deepest = count + 1, max(deepest, depth)
        flat = NODES[type(one)][0] in FLAT if type(one) in NODES else False
        todo += [(c, depth + (not flat or type(c) is not type(one))) for c in one.iter_expressions()]
    return count, deepest


def _near(error: SqlglotError, text: str) -> str:
    """The place that the parser stumbled over."""
    for told in getattr(error, "errors", ()):
        found = str(told.get("highlight") or told.get("start_context", "")[-20:]).strip()
        if found:
            return found[:40]
    return text.strip()[:40]
