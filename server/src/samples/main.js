// Greets whoever is named in the event.
exports.handler = async (event, context) => {
  const name = event?.name ?? "world";
  context.logger.info(`greeting ${name}`);
  return { message: `Hello, ${name}!` };
};
