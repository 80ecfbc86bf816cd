"""Greets whoever is named in the event."""


def handler(event, context):
    name = (event or {}).get("name", "world")
    context.logger.info("greeting %s", name)
    return {"message": f"Hello, {name}!"}
