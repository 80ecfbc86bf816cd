def handler(event, context):
    """Called for every request and event.

    event    the data: a dict, list, text or bytes
    context  attributes of the event, correlation_id, remaining_ms(), logger
    """
    name = event.get("name", "world") if isinstance(event, dict) else "world"
    context.logger.info("greeting %s", name)
    return {"message": f"Hello, {name}!"}
