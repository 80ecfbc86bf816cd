'use strict';
// CloudEvents and plain HTTP: request to event, return value to answer.
const { FUNCTION, TENANT } = require('./kl_logs.cjs');

const JSON_TYPE = 'application/json';
const STRUCTURED = 'application/cloudevents+json';

// A request that is not what it says.
class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const randomId = () => require('node:crypto').randomBytes(16).toString('hex');
const plain = (type) => type.split(';')[0].trim().toLowerCase();
const isJson = (type) => type === JSON_TYPE || type.endsWith('+json');

function parse(body) {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new Refused(400, `The body is not JSON: ${error.message}.`);
  }
}

function dataOf(body, contentType) {
  const type = plain(contentType);
  if (body.length === 0) return null;
  if (type && !isJson(type)) return type.startsWith('text/') ? body.toString() : body;
  if (type) return parse(body);
  try {
    return JSON.parse(body.toString());
  } catch {
    return body;
  }
}

function checked(event) {
  const missing = ['specversion', 'id', 'source', 'type'].filter((name) => !event[name]);
  if (missing.length > 0) throw new Refused(400, `The CloudEvent has no ${missing.join(' and no ')}.`);
  if (event.specversion !== '1.0') throw new Refused(400, 'Only CloudEvents 1.0 are understood.');
  return event;
}

function decode(value) {
  try {
    return value.includes('%') ? decodeURIComponent(value) : value;
  } catch {
    return value;
  }
}

// {mode, attributes, data}: mode is `binary`, `structured` or null for plain HTTP.
function read(headers, query, body) {
  const contentType = headers['content-type'] ?? '';
  const type = plain(contentType);
  if (type === STRUCTURED) {
    const event = parse(body);
    if (event === null || typeof event !== 'object' || Array.isArray(event)) throw new Refused(400, 'A CloudEvent is a JSON object.');
    const { data = null, data_base64: base64, ...attributes } = event;
    const bytes = typeof base64 === 'string' ? Buffer.from(base64, 'base64') : null;
    return { mode: 'structured', attributes: checked(attributes), data: bytes ?? data };
  }
  if (type === 'application/cloudevents-batch+json') {
    throw new Refused(400, 'A batch of events cannot be handled: send one event per request.');
  }
  if (headers['ce-specversion'] !== undefined) {
    const attributes = {};
    for (const [name, value] of Object.entries(headers)) if (name.startsWith('ce-')) attributes[name.slice(3)] = decode(value);
    if (contentType) attributes.datacontenttype = contentType;
    return { mode: 'binary', attributes: checked(attributes), data: dataOf(body, contentType) };
  }
  if (body.length === 0) return { mode: null, attributes: {}, data: Object.fromEntries(new URLSearchParams(query)) };
  return { mode: null, attributes: {}, data: dataOf(body, contentType) };
}

// [content type, bytes] of a return value; throws when it has no JSON.
function encode(value) {
  if (Buffer.isBuffer(value) || value instanceof Uint8Array || value instanceof ArrayBuffer) {
    return ['application/octet-stream', Buffer.from(value)];
  }
  const text = JSON.stringify(value === undefined ? null : value);
  if (text === undefined) throw new TypeError(`a ${typeof value} has no JSON form`);
  return [JSON_TYPE, Buffer.from(text)];
}

// [headers, body] of an answer of that kind: `success` or `error`.
function answer(call, kind, contentType, data) {
  const correlation = call ? { 'x-correlation-id': call.correlationId } : {};
  if (!call || call.mode === null) return [{ 'content-type': contentType, ...correlation }, data];
  const attributes = {
    specversion: '1.0',
    id: randomId(),
    source: `io.knative.lambda/function/${TENANT}/${FUNCTION}`,
    type: `io.knative.lambda.response.${kind}`,
    subject: `${TENANT}/${FUNCTION}`,
    time: new Date().toISOString(),
    correlationid: call.correlationId,
    causationid: call.eventId,
    hops: (Number.parseInt(call.attributes.hops ?? 0, 10) || 0) + 1,
  };
  if (call.attributes.traceparent) attributes.traceparent = call.attributes.traceparent;
  if (call.mode === 'binary') {
    const headers = { 'content-type': contentType, ...correlation };
    for (const [name, value] of Object.entries(attributes)) headers[`ce-${name}`] = encodeURI(String(value));
    return [headers, data];
  }
  attributes.datacontenttype = contentType;
  const head = JSON.stringify(attributes).slice(0, -1);
  const tail = contentType === JSON_TYPE ? `,"data":${data}}` : `,"data_base64":"${data.toString('base64')}"}`;
  return [{ 'content-type': STRUCTURED, ...correlation }, Buffer.from(head + tail)];
}

module.exports = { Refused, randomId, read, encode, answer };
