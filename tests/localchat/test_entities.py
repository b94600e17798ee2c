"""Parse modes: text and entities, and Telegram's error messages for syntax errors."""

import pytest

from localchat.entities import find_entities, parse_text, utf16_length
from localchat.errors import ApiError

Case = tuple[str, str, list[tuple[object, ...]]]


def brief(entities: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [tuple(entity.values()) for entity in entities]


HTML: list[Case] = [
    ("plain", "plain", []),
    ("a &lt;b&gt; &amp; &quot;c&quot; &#229; &#xE5; &nbsp;", 'a <b> & "c" å å &nbsp;', []),
    ("<b>bold</b> <STRONG>too</STRONG>", "bold too", [("bold", 0, 4), ("bold", 5, 3)]),
    (
        "<i>a</i><u>b</u><s>c</s><tg-spoiler>d</tg-spoiler>",
        "abcd",
        [("italic", 0, 1), ("underline", 1, 1), ("strikethrough", 2, 1), ("spoiler", 3, 1)],
    ),
    ("👍<b>å👍</b>x", "👍å👍x", [("bold", 2, 3)]),
    ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
    (
        '<a href="https://pals.no/a?b=1&amp;c=2">link</a>',
        "link",
        [("text_link", 0, 4, "https://pals.no/a?b=1&c=2")],
    ),
    ("<a href='tg://user?id=42'>Ada</a>", "Ada", [("text_mention", 0, 3, {"id": 42})]),
    ("<a>not a link</a>", "not a link", []),
    ('<pre><code class="language-python">x = 1</code></pre>', "x = 1", [("pre", 0, 5, "python")]),
    ("<pre>x</pre><code>y</code>", "xy", [("pre", 0, 1), ("code", 1, 1)]),
    ("<blockquote>q</blockquote>", "q", [("blockquote", 0, 1)]),
    ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
    ('<span class="tg-spoiler">s</span>', "s", [("spoiler", 0, 1)]),
    ('<tg-emoji emoji-id="5">👍</tg-emoji>', "👍", [("custom_emoji", 0, 2, "5")]),
    ("  <b> edge </b>  ", " edge", [("bold", 0, 5)]),
    ("<b></b>x", "x", []),
    ("<b>a<code>b</code>c</b>", "abc", [("bold", 0, 1), ("code", 1, 1), ("bold", 2, 1)]),
    ("<code>a<b>b</b></code>", "ab", [("code", 0, 2)]),
    ("<blockquote>a<code>b</code></blockquote>", "ab", [("blockquote", 0, 2), ("code", 1, 1)]),
    ("a\r\n\tb\0<b>c</b>", "a\n b c", [("bold", 5, 1)]),
]


@pytest.mark.parametrize(("source", "text", "entities"), HTML)
def test_html(source: str, text: str, entities: list[tuple[object, ...]]) -> None:
    found, marks = parse_text(source, "HTML", None)
    assert (found, brief(marks)) == (text, entities)


HTML_WRONG = [
    ("a < b", 'Unsupported start tag "" at byte offset 2'),
    ("å <name>", 'Unsupported start tag "name" at byte offset 3'),
    ("<b>open", 'Can\'t find end tag corresponding to start tag "b"'),
    ("shut</b>", "Unexpected end tag at byte offset 4"),
    ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
    ("<b", "Unclosed start tag at byte offset 0"),
    ("<b>x</b", "Unclosed end tag at byte offset 4"),
    ("<a href>x</a>", 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'),
    ('<a href="x>x</a>', "Unclosed start tag at byte offset 0"),
    ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ("<a =x>y</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
    ("<a href=é>y</a>", "Unexpected end of name token at byte offset 0"),
]


@pytest.mark.parametrize(("source", "reason"), HTML_WRONG)
def test_html_syntax_errors(source: str, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse_text(source, "html", None)
    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"


MARKDOWN_V2: list[Case] = [
    (
        "*b* _i_ __u__ ~s~ ||p||",
        "b i u s p",
        [("bold", 0, 1), ("italic", 2, 1), ("underline", 4, 1), ("strikethrough", 6, 1), ("spoiler", 8, 1)],
    ),
    (r"a\.b\-c \_", "a.b-c _", []),
    ("*b _i_*", "b i", [("bold", 0, 3), ("italic", 2, 1)]),
    ("___iu_ u__", "iu u", [("underline", 0, 4), ("italic", 0, 2)]),
    ("`a*b`", "a*b", [("code", 0, 3)]),
    (r"`a\`b`", "a`b", [("code", 0, 3)]),
    ("```python\nx = 1```", "x = 1", [("pre", 0, 5, "python")]),
    ("```\nx```", "x", [("pre", 0, 1)]),
    (r"[t](https://pals.no/\))", "t", [("text_link", 0, 1, "https://pals.no/)")]),
    ("[Ada](tg://user?id=7)", "Ada", [("text_mention", 0, 3, {"id": 7})]),
    ("![👍](tg://emoji?id=9)", "👍", [("custom_emoji", 0, 2, "9")]),
    (">a\n>b\nc", "a\nb\nc", [("blockquote", 0, 3)]),
    ("x\n>a", "x\na", [("blockquote", 2, 1)]),
    (">a\n>b||", "a\nb", [("expandable_blockquote", 0, 3)]),
    (">a\n**>b||", "a\nb", [("blockquote", 0, 1), ("expandable_blockquote", 2, 1)]),
]


@pytest.mark.parametrize(("source", "text", "entities"), MARKDOWN_V2)
def test_markdown_v2(source: str, text: str, entities: list[tuple[object, ...]]) -> None:
    found, marks = parse_text(source, "MarkdownV2", None)
    assert (found, brief(marks)) == (text, entities)


MARKDOWN_V2_WRONG = [
    ("a.b", "Character '.' is reserved and must be escaped with the preceding '\\'"),
    ("a|b", "Character '|' is reserved and must be escaped with the preceding '\\'"),
    ("a > b", "Character '>' is reserved and must be escaped with the preceding '\\'"),
    ("hi!", "Character '!' is reserved and must be escaped with the preceding '\\'"),
    ("å *b", "Can't find end of Bold entity at byte offset 3"),
    ("`b", "Can't find end of Code entity at byte offset 0"),
    ("```b", "Can't find end of Pre entity at byte offset 0"),
    ("[b](http", "Can't find end of a URL at byte offset 4"),
    ("||b", "Can't find end of Spoiler entity at byte offset 0"),
    (">*b\nc", "Can't find end of Bold entity at byte offset 1"),
]


@pytest.mark.parametrize(("source", "reason"), MARKDOWN_V2_WRONG)
def test_markdown_v2_syntax_errors(source: str, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse_text(source, "MarkdownV2", None)
    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"


MARKDOWN: list[Case] = [
    ("*b* _i_ `c` a.b!", "b i c a.b!", [("bold", 0, 1), ("italic", 2, 1), ("code", 4, 1)]),
    (r"\*b", "*b", []),
    ("```\nx\n```", "x", [("pre", 0, 1)]),
    ("```py\nx```", "x", [("pre", 0, 1, "py")]),
    ("[t](https://pals.no/x)", "t", [("text_link", 0, 1, "https://pals.no/x")]),
    ("[t] x", "t x", []),
]


@pytest.mark.parametrize(("source", "text", "entities"), MARKDOWN)
def test_legacy_markdown(source: str, text: str, entities: list[tuple[object, ...]]) -> None:
    found, marks = parse_text(source, "Markdown", None)
    assert (found, brief(marks)) == (text, entities)


def test_unclosed_legacy_markdown() -> None:
    with pytest.raises(ApiError) as refused:
        parse_text("å_b", "Markdown", None)
    assert refused.value.description == (
        "Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 2"
    )


def test_an_unsupported_parse_mode() -> None:
    with pytest.raises(ApiError) as refused:
        parse_text("x", "BBCode", None)
    assert refused.value.description == "Bad Request: unsupported parse_mode"


FOUND = [
    ("/ros now", [("bot_command", 0, 4)]),
    ("/ros@pals_bot", [("bot_command", 0, 13)]),
    ("and/or 1/2", []),
    ("👍 @ada_vik and ada@pals.no", [("mention", 3, 8), ("email", 16, 11)]),
    ("see https://pals.no/a?b=1.", [("url", 4, 21)]),
    ("pals.no, thanks", [("url", 0, 7)]),
    ("#ros and #1", [("hashtag", 0, 4)]),
    ("call +47 99 00 00 00", [("phone_number", 5, 15)]),
]


@pytest.mark.parametrize(("text", "entities"), FOUND)
def test_entities_detected_in_plain_text(text: str, entities: list[tuple[object, ...]]) -> None:
    assert brief(find_entities(text)) == entities


def test_no_entities_are_detected_inside_code_or_links() -> None:
    _, marks = parse_text('<code>/ros</code> <a href="https://pals.no/">pals.no</a> /ros', "HTML", None)
    assert [entity["type"] for entity in marks] == ["code", "text_link", "bot_command"]


GIVEN_WRONG = [
    ([1], "can't parse MessageEntity: expected an Object"),
    ([{"type": "bold", "length": 1}], 'can\'t parse MessageEntity: field "offset" must be of type Number'),
    ([{"type": "loud", "offset": 0, "length": 1}], "can't parse MessageEntity: unsupported type specified"),
    (
        [{"type": "text_link", "offset": 0, "length": 1}],
        "can't parse MessageEntity: can't find field \"url\"",
    ),
    ([{"type": "bold", "offset": 0, "length": 9}], "entity beyond the end of the text"),
]


@pytest.mark.parametrize(("given", "reason"), GIVEN_WRONG)
def test_invalid_given_entities(given: list[object], reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse_text("abc", "", given)
    assert refused.value.description == f"Bad Request: {reason}"


def test_given_entities_shift_with_the_trimmed_text() -> None:
    given = [{"type": "bold", "offset": 2, "length": 3}, {"type": "mention", "offset": 2, "length": 1}]
    assert parse_text("  abc  ", "", given) == ("  abc"[2:], [{"type": "bold", "offset": 0, "length": 3}])


def test_length_is_measured_in_utf_16() -> None:
    assert (utf16_length("abc"), utf16_length("åß"), utf16_length("a👍")) == (3, 2, 3)
