"""Make HTML of a text in Markdown. What the text contains of HTML stays text."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt


def rendered(text: str) -> str:
    r"""Return a text in CommonMark, with tables, as HTML without pictures, headings and scripts.

    >>> rendered("A <b> and **bold**.")
    '<p>A &lt;b&gt; and <strong>bold</strong>.</p>\n'
    >>> rendered("# Heading")
    '<p class="heading">Heading</p>\n'

    Args:
        text: The text.
    """
    parser = _parser()
    tokens = parser.parse(text)
    for token in tokens:
        # The headings of the page are those of its sections.
        if token.type in {"heading_open", "heading_close"}:
            token.tag = "p"
            if token.nesting > 0:
                token.attrSet("class", "heading")
    return str(parser.renderer.render(tokens, parser.options, {}))


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("js-default").disable("image")
