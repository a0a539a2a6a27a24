"""Add a rule to strangler.yaml, or to a file of rules, without touching anything else in it: comments, order, layout
stay as they are.

The rule is put in as text, at a place that the parsed file gives. Whether that came out right is not assumed: the
result is read again and must be the old content plus that one rule. Where the text cannot take it (an alias, an
odd layout), ruamel writes the file anew, comments kept, and the same check holds.
"""

from __future__ import annotations

import copy
import difflib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from strangler.config import parse
from strangler.config.document import plain, read
from strangler.config.rule_yaml import block, flow
from strangler.config.rulesfile import parse_rules
from strangler.errors import UsageError

type Addition = tuple[Mapping[str, Any], str | None]
"""A rule as the file writes it, and the route it is for; None: every route."""

_NO_NEWLINE: Final = "\\ No newline at end of file"


@dataclass(frozen=True, slots=True)
class Edited:
    """The text as it was and as it would be, which was checked. `before` is None for a file that is to be made."""

    file: Path
    before: str | None
    after: str

    @property
    def patch(self) -> str:
        """What changes, as a unified diff."""
        old, new = ((text or "").splitlines(keepends=True) for text in (self.before, self.after))
        source = "/dev/null" if self.before is None else str(self.file)
        lines = difflib.unified_diff(old, new, source, str(self.file))
        return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}\n" for line in lines)


def with_rules(text: str, file: Path, additions: Sequence[Addition]) -> Edited:
    """The text of a strangler.yaml with more rules; nothing is written yet.

    Raises ConfigError when one is no rule, UsageError when the file cannot be changed in this way.
    """
    after = text
    for route in dict.fromkeys(route for _, route in additions):
        rules = [rule for rule, where in additions if where == route]
        content = plain(parse(after, file).tree)
        wanted = _wanted(content, rules, route)
        _check(wanted, rules)
        after = _with_all(after, file, rules, route, wanted)
    parse(after, file)
    return Edited(file, text, after)


def with_listed(text: str | None, file: Path, rules: Sequence[Mapping[str, Any]]) -> Edited:
    """The text of a file as `--rules` takes it with more rules that are for every route; None: it is to be made.

    Raises as `with_rules`.
    """
    before = text or ""
    if not rules:
        return Edited(file, text, before)
    if says_nothing(before):
        after = _after_line(before, len(before), _blocks(rules, 0))
    else:
        content = plain(read(before, str(file), lists=True))
        if "version" in content:
            return with_rules(before, file, [(rule, None) for rule in rules])
        added = [dict(rule) for rule in rules]
        wanted = [*content, *added] if isinstance(content, list) else _wanted(content, rules, None)
        after = _with_all(before, file, rules, None, wanted)
    parse_rules(after, file)
    return Edited(file, text, after)


def says_nothing(text: str) -> bool:
    """Whether there is nothing in it but comments and empty lines."""
    return all(line.strip()[:1] in {"", "#"} for line in text.splitlines())


def _with_all(
    text: str, file: Path, rules: Sequence[Mapping[str, Any]], route: str | None, wanted: Any
) -> str:
    for attempt in (_in_text, _by_ruamel):
        new = attempt(text, rules, route)
        if new is not None and _holds(new, wanted):
            return new
    raise UsageError("the rule cannot be put in by itself", where=str(file), remedy="write it there by hand")


def _wanted(content: dict[str, Any], rules: Sequence[Mapping[str, Any]], route: str | None) -> dict[str, Any]:
    content = copy.deepcopy(content)
    owner: Any = content
    if route is not None:
        owner = content["routes"][route]
        if isinstance(owner, str):
            owner = content["routes"][route] = {"match": _long_form(owner)}
    owner["rules"] = [*(owner.get("rules") or ()), *map(dict, rules)]
    return content


def _long_form(line: str) -> dict[str, str]:
    method, _, path = line.strip().partition(" ")
    return {"method": method, "path": path.strip()}


def _holds(text: str, wanted: Any) -> bool:
    try:
        return bool(plain(YAML(typ="rt").load(text)) == wanted)
    except (YAMLError, ValueError):
        return False


def _check(wanted: dict[str, Any], rules: Sequence[Mapping[str, Any]]) -> None:
    """A rule that cannot be one is refused in the words of the configuration, not as a problem with the text."""
    out = io.StringIO()
    YAML().dump(wanted, out)
    words = f"the rule {flow(rules[0])}" if len(rules) == 1 else f"the rules {flow(rules)}"
    parse(out.getvalue(), Path(words))


def _in_text(text: str, added: Sequence[Mapping[str, Any]], route: str | None) -> str | None:
    root = YAML().compose(text)
    key, owner = _entry(root, "routes", route) if route is not None else (None, root)
    if isinstance(owner, ScalarNode) and key is not None:
        return _from_shorthand(text, key, owner, added)
    if isinstance(owner, SequenceNode):
        return _longer_list(text, owner, added)
    if not isinstance(owner, MappingNode):
        return None
    _, rules = _entry(owner, "rules")
    if rules is None:
        return _new_list(text, owner, added, at_end=route is None)
    return _longer_list(text, rules, added)


def _entry(node: Any, *path: str) -> tuple[Any, Any]:
    key: Any = None
    for name in path:
        if not isinstance(node, MappingNode):
            return None, None
        key, node = next(((k, v) for k, v in node.value if k.value == name), (None, None))
    return key, node


def _from_shorthand(text: str, key: Node, value: ScalarNode, added: Sequence[Mapping[str, Any]]) -> str:
    indent = key.start_mark.column + 2
    lead = " " * indent
    lines = [f"{lead}match: {flow(_long_form(value.value))}", f"{lead}rules:", *_blocks(added, indent + 2)]
    emptied = text[: value.start_mark.index].rstrip(" ") + text[value.end_mark.index :]
    return _after_line(emptied, key.end_mark.index, lines)


def _new_list(
    text: str, owner: MappingNode, added: Sequence[Mapping[str, Any]], *, at_end: bool
) -> str | None:
    if owner.flow_style:
        return _into_flow(text, owner, f"rules: {flow(added)}")
    if not owner.value:
        return None
    indent = owner.value[0][0].start_mark.column
    lines = [" " * indent + "rules:", *_blocks(added, indent + 2)]
    if at_end:  # after everything, also after the comments that end the last part
        return _after_line(text, len(text), ["", *lines])
    return _after_line(text, _last_index(owner), lines)


def _longer_list(text: str, rules: Node, added: Sequence[Mapping[str, Any]]) -> str | None:
    if isinstance(rules, SequenceNode) and rules.flow_style:
        return _into_flow(text, rules, ", ".join(map(flow, added)))
    if isinstance(rules, SequenceNode) and rules.value:
        return _after_line(text, _last_index(rules), _blocks(added, rules.start_mark.column))
    return None


def _blocks(added: Sequence[Mapping[str, Any]], indent: int) -> list[str]:
    return [line for rule in added for line in block(rule, indent)]


def _last_index(node: Any) -> int:
    """Where the content of a node ends: a block's own end mark is where the next thing begins."""
    if isinstance(node, ScalarNode):
        return int(node.end_mark.index) - int(node.style in {"|", ">"})
    if node.flow_style or not node.value:
        return int(node.end_mark.index)
    below = (part for entry in node.value for part in (entry if isinstance(entry, tuple) else (entry,)))
    return max(_last_index(part) for part in below)


def _into_flow(text: str, node: Any, piece: str) -> str:
    """One more entry inside brackets: behind the last one, so that a comma or comment after that stays behind it."""
    if not node.value:
        index = node.end_mark.index - 1
        return text[:index] + piece + text[index:]
    last = node.value[-1]
    index = _last_index(last[1] if isinstance(last, tuple) else last)
    return f"{text[:index]}, {piece}{text[index:]}"


def _after_line(text: str, index: int, lines: list[str]) -> str:
    """The lines put in after the line that holds `index`."""
    ending = "\r\n" if "\r\n" in text else "\n"
    found = text.find("\n", index)
    end = len(text) if found < 0 else found + 1
    head = text[:end] if text[:end].endswith("\n") or not text[:end] else text[:end] + ending
    return head + ending.join(lines) + ending + text[end:]


def _by_ruamel(text: str, added: Sequence[Mapping[str, Any]], route: str | None) -> str | None:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4_096
    yaml.indent(mapping=2, sequence=4, offset=2)
    tree = yaml.load(text)
    owner = tree
    if route is not None:
        owner = tree["routes"][route]
        if isinstance(owner, str):
            owner = tree["routes"][route] = CommentedMap({"match": _long_form(owner)})
    if isinstance(owner, list):
        owner.extend(map(dict, added))
    else:
        # A list of its own: an alias may share the old one with other routes.
        owner["rules"] = [*(owner.get("rules") or ()), *map(dict, added)]
    out = io.StringIO()
    try:
        yaml.dump(tree, out)
    except (YAMLError, ValueError):
        return None
    return out.getvalue()
