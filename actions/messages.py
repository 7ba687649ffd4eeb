"""Messages to members: from a template and its values to the words that are sent."""

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from actions import texts
from actions.lint import lint
from contracts.errors import ConfigurationError
from contracts.payloads import Message, Rendered

_BLOCKS: Final = ("subject", "text", "html")
_LINE_BREAKS: Final = ("Cc", "Zl", "Zp")


def render(message: Message, more: Mapping[str, str] | None = None) -> Rendered:
    """A message's words: the blocks `subject`, `text` and `html` of its template.

    `more` are values that are known only when it is sent, such as where to unsubscribe. Values are
    only values: none is taken for template code, and in HTML each is escaped. What is rendered
    passes the lint, so that no value brings in what a template may not say.

    Raises:
        ConfigurationError: there is no such template, it is another one than was decided with, a
            value is missing, the subject would break its line, or the lint finds something.
    """
    name = f"{message.template}.{message.language}"
    if texts.template_hash(message.template, message.language) != message.template_hash:
        raise ConfigurationError(f"template {name} is another one than was decided with")
    values = {**message.values, **(more or {})}
    subject, text, html = (_block(message, block, values) for block in _BLOCKS)
    if not subject or any(unicodedata.category(sign) in _LINE_BREAKS for sign in subject):
        raise ConfigurationError(f"the subject of {name} is not one line of text")
    found = lint("\n".join((subject, text, html)), name=name)
    if found:
        raise ConfigurationError(str(found[0]))
    return Rendered(subject=subject, text=text, html=html, language=message.language)


def _block(message: Message, block: str, values: Mapping[str, str]) -> str:
    template = _template(message.template, message.language, is_html=block == "html")
    try:
        return "".join(template.blocks[block](template.new_context(dict(values)))).strip()
    except (KeyError, TemplateError) as error:
        told = f"block {error}" if isinstance(error, KeyError) else str(error)
        name = f"{message.template}.{message.language}"
        raise ConfigurationError(f"template {name} cannot be rendered: {told}") from None


@cache
def _template(template: str, language: str, *, is_html: bool) -> Template:
    environment = ImmutableSandboxedEnvironment(
        autoescape=is_html, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    try:
        return environment.from_string(texts.source(template, language))
    except TemplateError as error:
        raise ConfigurationError(f"template {template}.{language} is broken: {error}") from None
