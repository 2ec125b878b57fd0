"""One equation of the network with one token's numbers in it: as LaTeX, and as arithmetic.

The right side is written once, as an expression over named inputs. What a page prints and what
evaluating it gives both come from that one line, so they cannot part.
"""

import ast
import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

ALONE, ROW = 3, 2  # terms that a line of a formula, and a row of a longer sum, bears on a phone
LONGEST_TOKEN = 16


@dataclass(frozen=True, eq=False)
class Formula:
    """An equation as the literature writes it, and the same with live numbers.

    Parameters
    ----------
    key
        Unique in a list of formulas, for instance `gates/forget`.
    step
        The part of the network that it belongs to, in the words of `attnviz.explain.formulas`.
    title
        For a person, in English; pages translate it.
    source
        Author, year and equation.
    symbolic
        LaTeX, for any token t and unit.
    left
        LaTeX of the left side for this token and unit; tokens count from 1, units from 0.
    expression
        The right side over the names of `inputs`: numbers, `+ - * /` and keys of `FUNCTIONS`.
    inputs
        Name → float.
    result
        What the network itself found here. The law: `value`, the right side in float64, equals it
        up to float32's rounding.
    labels
        Name of an input → LaTeX that stands below its number.
    matrices
        Name in LaTeX → (rows, columns), the weights that enter.
    """

    key: str
    step: str
    title: str
    source: str
    symbolic: str
    left: str
    expression: str
    inputs: Mapping[str, float]
    result: float
    labels: Mapping[str, str] = field(default_factory=dict)
    matrices: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def numeric(self) -> str:
        """LaTeX: the left side, the right side with numbers for names, the result."""
        right = _latex(_parse(self.expression), self.inputs, self.labels)
        lines = rf"{self.left} &= {right} \\ &= {number(self.result)}"
        return rf"\small\begin{{aligned}}{lines}\end{{aligned}}"

    @property
    def value(self) -> float:
        """The right side, evaluated from `inputs` in float64."""
        return _value(_parse(self.expression), self.inputs)

    @property
    def norms(self) -> dict[str, float]:
        """Frobenius norm of each matrix."""
        return {name: float(np.linalg.norm(values)) for name, values in self.matrices.items()}


def number(value: float) -> str:
    """LaTeX of a number: counts as they are, four decimals, powers of ten where those say little.

    `-0.1235`, `19`, `1.20\\times10^{-5}`.
    """
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    if 1e-3 <= abs(value) < 1e4:
        return f"{value:.4f}"
    digits, power = f"{value:.2e}".split("e")
    return rf"{digits}\times10^{{{int(power)}}}"


def text(token: str) -> str:
    """A token's characters as LaTeX text: nothing in them is a command."""
    shown = unicodedata.normalize("NFC", " ".join(token.split()))
    # What is invisible would reorder, or hide among, what is not.
    shown = "".join(each for each in shown if unicodedata.category(each) not in ("Cc", "Cf"))
    if len(shown) > LONGEST_TOKEN:
        shown = shown[: LONGEST_TOKEN - 1] + "…"
    return rf"\text{{{''.join(map(_escaped, shown or '␣'))}}}"


def _escaped(character: str) -> str:
    if character in _REFUSED or "\u0300" <= character <= "\u036f":  # an accent without its letter
        return "◌"
    return _SPECIAL.get(character, character)


_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "$": r"\textdollar{}",  # a bare one, even escaped, could end the formula in Markdown
    "`": "‘",
} | {character: f"\\{character}" for character in "#%&_"}
_REFUSED = frozenset("‼ℋℌℐℒℛℨℬℭℰℱℳ∉∌∏∐∑∫∬∭∮∯∰∷∹≔≕≘≙≚≛≝≞≟≠⋀⋁⋂⋃⌜⌝⌞⌟⟦⟧⦃⦄⦵⨀⨁⨂⨄⨆⩴𝚤")
"""Characters that KaTeX takes for commands of mathematics, also inside text, and so refuses; found
by rendering those of all scripts and symbols one by one."""


def _sigmoid(value: float) -> float:
    return 0.5 * (1 + math.tanh(value / 2))  # 1 / (1 + exp(-x)) would overflow


FUNCTIONS: dict[str, tuple[Callable[..., float], str]] = {
    "sigmoid": (_sigmoid, r"\sigma\left(%s\right)"),
    "tanh": (math.tanh, r"\tanh\left(%s\right)"),
    "relu": (lambda value: max(0.0, value), r"\max\left(0,\ %s\right)"),
    "exp": (math.exp, r"e^{%s}"),
    "sqrt": (math.sqrt, r"\sqrt{%s}"),
    "equal": (lambda one, other: float(one == other), r"\left[%s = %s\right]"),
}
"""What an expression may call: how it is computed, and how it is written."""

_OPERATIONS = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
}


def _parse(expression: str) -> ast.expr:
    return ast.parse(expression, mode="eval").body


def _value(node: ast.expr, inputs: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=value):
            return float(value)
        case ast.Name(id=name):
            return float(inputs[name])
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return FUNCTIONS[name][0](*(_value(each, inputs) for each in arguments))
        case ast.BinOp(left=left, op=operation, right=right):
            return _OPERATIONS[type(operation)](_value(left, inputs), _value(right, inputs))
    raise ValueError(f"no formula holds {ast.dump(node)}")


def _latex(node: ast.expr, inputs: Mapping[str, float], labels: Mapping[str, str]) -> str:
    def write(inner: ast.expr) -> str:
        return _latex(inner, inputs, labels)

    match node:
        case ast.Constant(value=value):
            return number(value)
        case ast.Name(id=name):
            return _labelled(number(inputs[name]), labels.get(name))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return FUNCTIONS[name][1] % tuple(write(each) for each in arguments)
        case ast.BinOp(op=ast.Div(), left=left, right=right):
            return rf"\frac{{{write(left)}}}{{{write(right)}}}"
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            return rf"{_factor(left, write)} \cdot {_factor(right, write, behind=True)}"
        case ast.BinOp():
            return _sum([sign + write(term) for sign, term in _terms(node)])
    raise ValueError(f"no formula holds {ast.dump(node)}")


def _labelled(value: str, label: str | None) -> str:
    if label is None:
        return value
    sign = "-" if value.startswith("-") else ""
    return rf"{sign}\underbrace{{{value.removeprefix('-')}}}_{{{label}}}"


def _factor(node: ast.expr, write: Callable[[ast.expr], str], behind: bool = False) -> str:
    """A factor, in brackets where it is a sum, or negative and not the first."""
    written = write(node)
    added = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)
    return rf"\left({written}\right)" if added or (behind and written[0] == "-") else written


def _terms(node: ast.expr) -> list[tuple[str, ast.expr]]:
    """Sign and term of a sum, from left to right."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        sign = "-" if isinstance(node.op, ast.Sub) else "+"
        return [*_terms(node.left), (sign, node.right)]
    return [("+", node)]


def _sum(terms: list[str]) -> str:
    """Terms with one sign each, on several lines where there are many."""
    once = [
        term.replace("--", "+", 1).replace("+-", "-", 1) if term[1] == "-" else term
        for term in terms
    ]
    once[0] = once[0].removeprefix("+")
    if len(once) <= ALONE:
        return " ".join(once)
    rows = [" ".join(once[start : start + ROW]) for start in range(0, len(once), ROW)]
    return r"\begin{gathered}" + r" \\ ".join(rows) + r"\end{gathered}"
