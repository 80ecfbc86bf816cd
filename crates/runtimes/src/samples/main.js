// Called for every request and event.
//
// event    the data: an object, array, text or Buffer
// context  attributes of the event, correlationId, remainingMs(), logger
exports.handler = async (event, context) => {
  const name = event?.name ?? 'world';
  context.logger.info(`greeting ${name}`);
  return { message: `Hello, ${name}!` };
};
