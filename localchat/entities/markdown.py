from localchat.entities.span import Entity


def parse(source: str) -> tuple[str, list[Entity]]:
    return source, []
