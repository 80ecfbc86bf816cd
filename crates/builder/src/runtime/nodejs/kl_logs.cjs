'use strict';
// JSON log lines: one per line printed, one per call. Knows the call that a line belongs to.
const fs = require('node:fs');
const { AsyncLocalStorage } = require('node:async_hooks');

const LINE_CHARS = 64 * 1024;
const FUNCTION = process.env.KL_FUNCTION || '';
const TENANT = process.env.KL_TENANT || '';
const storage = new AsyncLocalStorage();

function emit(level, msg, fields, call = storage.getStore()) {
  const line = { level, ts: new Date().toISOString(), function: FUNCTION, tenant: TENANT, msg };
  if (call) {
    line.correlationid = call.correlationId;
    if (call.eventId) line.eventid = call.eventId;
    if (call.invocationId) line.invocationid = call.invocationId;
  }
  let text;
  try {
    text = JSON.stringify({ ...line, ...fields });
  } catch {
    text = JSON.stringify(line);
  }
  write(Buffer.from(`${text}\n`));
}

// Synchronous, so that the last words of a process that ends are not lost.
function write(data) {
  let at = 0;
  while (at < data.length) {
    try {
      at += fs.writeSync(1, data, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function lines(level, text) {
  for (const line of text.split('\n')) {
    for (let at = 0; at === 0 || at < line.length; at += LINE_CHARS) emit(level, line.slice(at, at + LINE_CHARS));
  }
}

const format = (values) => require('node:util').format(...values);

function capture() {
  const levels = { debug: 'debug', log: 'info', info: 'info', warn: 'warn', error: 'error', trace: 'debug' };
  for (const [name, level] of Object.entries(levels)) console[name] = (...values) => lines(level, format(values));
  for (const [name, level] of [['stdout', 'info'], ['stderr', 'warn']]) {
    const rest = new Map();
    Object.defineProperty(process, name, {
      configurable: true,
      value: {
        fd: name === 'stdout' ? 1 : 2,
        isTTY: false,
        writable: true,
        write(data, encoding, done) {
          const call = storage.getStore();
          const text = (rest.get(call) ?? '') + (typeof data === 'string' ? data : Buffer.from(data).toString());
          const end = text.length > LINE_CHARS ? text.length : text.lastIndexOf('\n') + 1;
          if (end > 0) lines(level, text.slice(0, end).replace(/\n$/, ''));
          if (end < text.length) rest.set(call, text.slice(end));
          else rest.delete(call);
          const callback = typeof encoding === 'function' ? encoding : done;
          if (callback) queueMicrotask(callback);
          return true;
        },
        end() {}, on() { return this; }, once() { return this; }, emit() { return false; }, removeListener() { return this; },
      },
    });
  }
}

const log = (level) => (msg, fields) => emit(level, String(msg), fields);
const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };

module.exports = { FUNCTION, TENANT, storage, emit, capture, logger };
