"""Answering a press."""

from localchat.accounts import Bot
from localchat.entities import utf16_length
from localchat.errors import bad_request
from localchat.params import Params
from localchat.state import ServerState

LONGEST_ANSWER = 200


def answer_callback_query(state: ServerState, bot: Bot, params: Params) -> bool:
    """A line or a box on the phone of the person who pressed, or nothing but the end of waiting."""
    text = params.text("text")
    if utf16_length(text) > LONGEST_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    query = state.queries.close(params.text("callback_query_id"), bot.id)
    if query is None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    answer = {
        "text": text or None,
        "show_alert": params.truth("show_alert"),
        "url": params.text("url") or None,
    }
    if not query.answered.done():
        query.answered.set_result(answer)
    query.chat.watchers.tell("answer", {"message_id": query.message_id, "data": query.data, **answer})
    return True
