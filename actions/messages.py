"""Messages to members: from a template and its values to the words that are sent."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from actions import texts
from actions.sentences import find_misfit
from contracts.errors import ConfigurationError
from contracts.lines import is_line, prose
from contracts.payloads import Message, Rendered

_BLOCKS: Final = ("subject", "text", "html")


def render(message: Message, more: Mapping[str, str] | None = None) -> Rendered:
    """A message's words: the blocks `subject`, `text` and `html` of its template.

    `more` are values that are known only when it is sent, such as where to unsubscribe. Values are
    only values: none is taken for template code, in HTML each is escaped, and each is what its
    place takes (`actions.sentences`), so that none brings in what a template does not say.

    Raises:
        ConfigurationError: there is no such template, it is another one than was decided with, a
            value is missing or is not what its place takes, or the subject is no plain line.
    """
    name = f"{message.template}.{message.language}"
    if texts.template_hash(message.template, message.language) != message.template_hash:
        raise ConfigurationError(f"template {name} is another one than was decided with")
    values = {**message.values, **(more or {})}
    if flaw := find_misfit(values):
        raise ConfigurationError(f"{name}: {flaw}")
    subject, *bodies = (_block(message, block, values) for block in _BLOCKS)
    if not subject or not is_line(subject):
        raise ConfigurationError(f"the subject of {name} is not one line of plain text")
    text, html = map(prose, bodies)
    return Rendered(subject=subject, text=text, html=html, language=message.language)


def _block(message: Message, block: str, values: Mapping[str, str]) -> str:
    template = _template(message.template, message.language, is_html=block == "html")
    try:
        return "".join(template.blocks[block](template.new_context(dict(values)))).strip()
    except (KeyError, TemplateError) as error:
        problem = f"block {error}" if isinstance(error, KeyError) else str(error)
        name = f"{message.template}.{message.language}"
        raise ConfigurationError(f"template {name} cannot be rendered: {problem}") from None


@cache
def _template(template: str, language: str, *, is_html: bool) -> Template:
    environment = ImmutableSandboxedEnvironment(
        autoescape=is_html, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    try:
        return environment.from_string(texts.source(template, language))
    except TemplateError as error:
        raise ConfigurationError(f"template {template}.{language} is broken: {error}") from None
