'use strict';
// Runs a function: loads its handler, listens on $PORT, answers events and plain HTTP.
const began = process.hrtime.bigint();
const http = require('node:http');
const fs = require('node:fs');
const path = require('node:path');
const logs = require('./kl_logs.cjs');
const events = require('./kl_events.cjs');
const { Metrics } = require('./kl_metrics.cjs');

const ROOT = path.dirname(__dirname);
const BODY_BYTES = 10 * 1024 * 1024;
const DRAIN_MS = 30_000;
const TIMEOUT_MS = milliseconds(process.env.KL_TIMEOUT || '300s');

function milliseconds(text) {
  for (const [unit, factor] of [['ms', 1], ['s', 1000], ['m', 60_000], ['h', 3_600_000]]) {
    if (text.endsWith(unit)) return Number(text.slice(0, -unit.length)) * factor;
  }
  return Number(text) * 1000;
}

const elapsed = (since) => Number(process.hrtime.bigint() - since) / 1e6;

// One execution; also the handler's second argument.
class Call {
  constructor(request, url, mode, attributes) {
    const headers = request.headers;
    this.attributes = attributes;
    this.invocationId = headers['x-invocation-id'] || '';
    this.eventId = attributes.id || this.invocationId;
    this.correlationId = attributes.correlationid || headers['x-correlation-id'] || this.eventId || events.randomId();
    this.method = request.method;
    this.path = url.path;
    this.query = url.query;
    this.headers = headers;
    this.function = logs.FUNCTION;
    this.tenant = logs.TENANT;
    this.revision = process.env.K_REVISION || '';
    this.logger = logs.logger;
    this.deadline = Date.now() + TIMEOUT_MS;
    this.coldStart = false;
    Object.defineProperty(this, 'mode', { value: mode });
    Object.defineProperty(this, 'began', { value: process.hrtime.bigint() });
    Object.defineProperty(this, 'answered', { value: false, writable: true });
  }

  remainingMs() {
    return Math.max(0, this.deadline - Date.now());
  }
}

function resolveModule(name) {
  for (const ending of ['.js', '.mjs', '.cjs', '/index.js', '/index.mjs', '/index.cjs']) {
    const file = path.join(ROOT, name + ending);
    if (fs.existsSync(file)) return file;
  }
  throw new Error(`There is no file ${name}.js, ${name}.mjs or ${name}.cjs.`);
}

function isModule(file) {
  if (file.endsWith('.mjs')) return true;
  if (file.endsWith('.cjs')) return false;
  for (let folder = path.dirname(file); folder.startsWith(ROOT); folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (fs.existsSync(manifest)) return JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module';
  }
  return false;
}

async function load(handler) {
  const dot = handler.lastIndexOf('.');
  if (dot < 1) throw new Error(`The handler ${handler} is not <module>.<function>.`);
  const [name, key] = [handler.slice(0, dot), handler.slice(dot + 1)];
  const file = resolveModule(name);
  let loaded;
  if (isModule(file)) {
    loaded = await import(require('node:url').pathToFileURL(file).href);
  } else {
    try {
      loaded = require(file);
    } catch (error) {
      // An `import` in a file that nothing says to be a module.
      if (!(error instanceof SyntaxError) || !/import|export/.test(error.message)) throw error;
      loaded = await import(require('node:url').pathToFileURL(file).href);
    }
  }
  const found = loaded[key] ?? loaded.default?.[key] ?? (typeof loaded.default === 'function' && key === 'default' ? loaded.default : undefined);
  if (typeof found !== 'function') throw new Error(`The module ${name} exports no function ${key}.`);
  return found;
}

function readBody(request) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    if (Number(request.headers['content-length']) > BODY_BYTES) {
      reject(new events.Refused(413, 'The body has more than 10 MiB.'));
      return;
    }
    request.on('data', (chunk) => {
      size += chunk.length;
      if (size > BODY_BYTES) {
        request.pause();
        reject(new events.Refused(413, 'The body has more than 10 MiB.'));
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

function respond(response, status, headers, body) {
  if (response.headersSent || response.destroyed) return;
  headers['content-length'] = body.length;
  if (state.draining || status === 413) headers.connection = 'close';
  response.writeHead(status, headers);
  response.end(body);
}

// The right to answer; false when another has it, the time-out for example.
function claim(call) {
  if (!call) return true;
  const claimed = !call.answered;
  call.answered = true;
  return claimed;
}

const state = { active: 0, cold: true, draining: false, metrics: null, handler: null };

function report(call, status, level, message, fields) {
  const duration = elapsed(call.began);
  state.metrics.call(status, duration / 1000, call.coldStart);
  const own = { status, duration_ms: Math.round(duration * 1000) / 1000, cold_start: call.coldStart };
  logs.emit(level, message, { ...own, ...fields }, call);
}

function fail(response, call, status, type, message, stack = null, retryable = false) {
  if (!claim(call)) return;
  const [contentType, data] = events.encode({ type, message, stack, retryable });
  const [headers, body] = events.answer(call, 'error', contentType, data);
  if (call) {
    state.metrics.error(type);
    report(call, status, 'error', `call failed: ${message || type}`, stack ? { error: type, stack } : { error: type });
  }
  respond(response, status, headers, body);
}

function failure(response, call, error) {
  const isError = error instanceof Error;
  const type = isError ? error.name || error.constructor.name : 'Error';
  const message = isError ? error.message : String(error);
  const own = (line) => !line.includes(__dirname) && !line.includes('node:internal');
  const stack = isError && error.stack ? error.stack.split('\n').filter(own).join('\n') : null;
  const network = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EAI_AGAIN'].includes(error?.code);
  fail(response, call, 500, type, message, stack, typeof error?.retryable === 'boolean' ? error.retryable : network);
}

async function handle(request, response, url) {
  let call, event;
  try {
    const { mode, attributes, data } = events.read(request.headers, url.query, await readBody(request));
    call = new Call(request, url, mode, attributes);
    call.coldStart = state.cold;
    state.cold = false;
    event = data;
  } catch (error) {
    if (error instanceof events.Refused) fail(response, null, error.status, 'BadRequest', error.message);
    else response.destroy();
    return;
  }
  const limit = setTimeout(() => {
    fail(response, call, 504, 'Timeout', `The handler did not answer within ${TIMEOUT_MS / 1000} seconds.`, null, true);
  }, TIMEOUT_MS);
  try {
    const result = await logs.storage.run(call, () => state.handler(event, call));
    let contentType, data;
    try {
      [contentType, data] = events.encode(result);
    } catch (error) {
      const kind = result?.constructor?.name ?? typeof result;
      fail(response, call, 500, 'InvalidReturnValue', `The handler returned a ${kind} that cannot be written as JSON: ${error.message}.`);
      return;
    }
    const [headers, body] = events.answer(call, 'success', contentType, data);
    if (!claim(call)) return;
    report(call, 200, 'info', 'call completed', {});
    respond(response, 200, headers, body);
  } catch (error) {
    failure(response, call, error);
  } finally {
    clearTimeout(limit);
  }
}

function probe(response, name) {
  if (name === '/metrics') {
    respond(response, 200, { 'content-type': 'text/plain; version=0.0.4' }, Buffer.from(state.metrics.text()));
    return;
  }
  const fine = !(name === '/readyz' && state.draining);
  respond(response, fine ? 200 : 503, { 'content-type': 'text/plain' }, Buffer.from(fine ? 'ok\n' : 'not ok\n'));
}

function onRequest(request, response) {
  const mark = request.url.indexOf('?');
  const url = mark < 0 ? { path: request.url, query: '' } : { path: request.url.slice(0, mark), query: request.url.slice(mark + 1) };
  if ((request.method === 'GET' || request.method === 'HEAD') && ['/healthz', '/readyz', '/metrics'].includes(url.path)) {
    probe(response, url.path);
    return;
  }
  state.active += 1;
  response.once('close', () => {
    state.active -= 1;
    if (state.draining && state.active === 0) process.exit(0);
  });
  handle(request, response, url);
}

function drain(server) {
  state.draining = true;
  server.close();
  server.closeIdleConnections();
  if (state.active === 0) process.exit(0);
  setTimeout(() => process.exit(0), DRAIN_MS).unref();
}

async function main() {
  logs.capture();
  try {
    state.handler = await load(process.env.KL_HANDLER || 'main.handler');
  } catch (error) {
    const message = `The function cannot be loaded: ${error.name}: ${error.message}`;
    logs.emit('error', message, { error: error.name, stack: error.stack });
    try {
      fs.writeFileSync(process.env.TERMINATION_MESSAGE_PATH || '/dev/termination-log', message.slice(0, 4096));
    } catch {}
    process.exit(1);
  }
  // A promise that nobody waits for must not take the other calls along.
  process.on('unhandledRejection', (error) => {
    logs.emit('error', `unhandled rejection: ${error?.message ?? error}`, { stack: error?.stack });
  });
  process.on('uncaughtException', (error) => {
    logs.emit('error', `uncaught exception: ${error?.message ?? error}`, { stack: error?.stack });
    // The process may be in any state now: no new calls, the running ones end.
    drain(server);
  });
  state.metrics = new Metrics(logs.FUNCTION, logs.TENANT, elapsed(began) / 1000);
  const server = http.createServer({ keepAliveTimeout: 120_000, requestTimeout: 0, noDelay: true }, onRequest);
  process.on('SIGTERM', () => drain(server));
  server.listen(Number(process.env.PORT || 8080), process.env.HOST || '0.0.0.0', 1024);
}

main();
