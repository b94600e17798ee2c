"""Property-based tests of parse modes: escaping round-trips, entities are in bounds, only ApiError is raised."""

import html
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from localchat.entities import parse_text, utf16_length
from localchat.errors import ApiError

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)
MARKUP = (
    "<b> </b> <i> </i> <code> </code> <pre> </pre> <blockquote> </blockquote>"
    " * _ __ ~ || ` ``` [ ] ( ) > ! \\"
    " ![ ](http://a.no) & &lt; &#8364; å 👍 x y /ros a.no @pals_bot"
)
pieces = st.lists(
    st.sampled_from([*MARKUP.split(), "\n", " ", "<a href='http://a.no'>", "</a>"]), max_size=14
)
quick = settings(max_examples=150, deadline=None, database=None)


@quick
@given(texts)
@example("<&>")
def test_escaped_html_round_trips(text: str) -> None:
    found, _ = parse_text(html.escape(text, quote=False), "HTML", None)
    assert found == parse_text(text, "", None)[0]


@quick
@given(texts)
@example("a_b*[c](d)`e`")
def test_escaped_markdown_v2_round_trips(text: str) -> None:
    escaped = re.sub(r"([_*\[\]()~`>#+\-=|{}.!\\])", r"\\\1", text)
    found, _ = parse_text(escaped, "MarkdownV2", None)
    assert found == parse_text(text, "", None)[0]


@quick
@given(pieces.map("".join) | texts, st.sampled_from(["HTML", "Markdown", "MarkdownV2", ""]))
def test_entities_are_within_the_text_and_sorted(source: str, mode: str) -> None:
    try:
        text, entities = parse_text(source, mode, None)
    except ApiError as error:
        assert error.code == 400
        assert error.description.startswith("Bad Request: can't parse entities: ")
        return
    end = utf16_length(text)
    places = [(entity["offset"], -entity["length"]) for entity in entities]
    assert places == sorted(places)
    assert all(offset >= 0 and size < 0 and offset - size <= end for offset, size in places)
    units = text.encode("utf-16-le")
    for offset, size in places:
        assert units[offset * 2 : (offset - size) * 2].decode("utf-16-le")
