// A small Redfish driver in JavaScript: the template's, line by line.
//
// Each function is one call in a fresh instance. What a later call shall know goes into the cache of the call. The host adds address,
// TLS and login; a driver sees paths, headers and bodies only.

import { cache, cached } from 'switchyard:driver/call@0.1.1';
import { change, read } from 'switchyard:driver/http@0.1.1';

const ROOT = '/redfish/v1/';
const CACHE_MS = 3600000;
const POLL_MS = 500;

// The reset types of DMTF's DSP2046 that this driver knows, with what may be repeated and how long it takes.
const RESETS = {
  On: { what: 'on', replay: 'safe', usualMs: 15000, limitMs: 120000 },
  ForceOff: { what: 'force-off', replay: 'safe', usualMs: 5000, limitMs: 60000 },
  GracefulShutdown: { what: 'graceful-shutdown', replay: 'if-unchanged', usualMs: 60000, limitMs: 300000 },
  GracefulRestart: { what: 'graceful-restart', replay: 'never', usualMs: 60000, limitMs: 300000 },
  ForceRestart: { what: 'force-restart', replay: 'never', usualMs: 30000, limitMs: 180000 },
};
const STATES = { On: 'on', Off: 'off', PoweringOn: 'powering-on', PoweringOff: 'powering-off' };
const CAUSES = {
  400: 'invalid', 401: 'auth', 403: 'forbidden', 404: 'not-found', 405: 'not-supported', 409: 'conflict', 429: 'busy',
  501: 'not-supported', 503: 'busy',
};
const REASONS = {
  tls: 'tls', auth: 'auth', 'too-large': 'malformed', 'session-full': 'busy', cancelled: 'cancelled', refused: 'refused-by-host',
};

// The engine has no TextEncoder and TextDecoder.
const bytes = (text) => Uint8Array.from(unescape(encodeURIComponent(text)), (letter) => letter.charCodeAt(0));
const text = (data) => {
  const letters = Array.from(data, (byte) => String.fromCharCode(byte)).join('');
  try {
    return decodeURIComponent(escape(letters));
  } catch {
    return letters;
  }
};
const parse = (data) => {
  try {
    return JSON.parse(text(data));
  } catch {
    return undefined;
  }
};
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isPath = (value) => typeof value === 'string' && value.startsWith('/');
const succeeded = (response) => response.status >= 200 && response.status < 300;
const header = (response, name) => response.headers.find(([known]) => known === name)?.[1];

// A failure of this call. Whether a change was sent is not ours to say: the host knows.
function fail(cause, words, { status, codes = [], wait } = {}) {
  const failed = typeof cause === 'string' ? { tag: cause } : cause;
  throw { cause: failed, status, codes, text: words, retryAfterMs: wait };
}

// The failure for an answer that is no success, in the BMC's own words.
function refused(response) {
  const error = parse(response.body)?.error;
  const infos = Array.isArray(error?.['@Message.ExtendedInfo'])
    ? error['@Message.ExtendedInfo']
    : [{ MessageId: error?.code, Message: error?.message }];
  const all = (key) => infos.map((info) => info?.[key]).filter((value) => typeof value === 'string');
  const wait = header(response, 'retry-after');
  fail(CAUSES[response.status] ?? { tag: 'other', val: `http-${response.status}` },
    all('Message').join(' ') || `the BMC answered ${response.status}`, {
      status: response.status,
      codes: all('MessageId'),
      wait: /^\d{1,6}$/.test(wait ?? '') ? Number(wait) * 1000 : undefined,
    });
}

// Sends one request, for an answer with any status.
function ask(send, method, path, body) {
  const headers = [['accept', 'application/json'], ['odata-version', '4.0']];
  if (body !== undefined) headers.push(['content-type', 'application/json']);
  const data = body === undefined ? new Uint8Array() : bytes(JSON.stringify(body));
  try {
    return send({ method, path, headers, body: data, anonymous: false, timeoutMs: 0 });
  } catch (thrown) {
    const fault = thrown.payload ?? thrown;
    fail(REASONS[fault.reason?.tag] ?? 'unreachable', fault.text ?? String(thrown));
  }
}

// Reads a resource.
function get(path) {
  const response = ask(read, 'get', path);
  if (!succeeded(response)) refused(response);
  const resource = parse(response.body);
  if (!isObject(resource)) fail('malformed', `${path}: the answer is no JSON object`, { status: response.status });
  return resource;
}

// The reset action of a system: where to send it, and what it takes.
function resetOf(resource) {
  const action = resource.Actions?.['#ComputerSystem.Reset'];
  if (!isPath(action?.target)) return undefined;
  const allowed = action['ResetType@Redfish.AllowableValues'];
  const values = Array.isArray(allowed) ? allowed : Object.keys(RESETS);
  return { target: action.target, values: values.filter((value) => Object.hasOwn(RESETS, value)) };
}

export const power = {
  probe() {
    const root = get(ROOT);
    const names = { RedfishVersion: 'redfish-version', Vendor: 'vendor', Product: 'product' };
    return Object.entries(names)
      .filter(([key]) => root[key])
      .map(([key, name]) => ({ name, value: String(root[key]) }));
  },

  survey() {
    const systems = get(ROOT).Systems?.['@odata.id'];
    if (!isPath(systems)) fail('malformed', 'the service root links no Systems');
    const links = get(systems).Members;
    const paths = (Array.isArray(links) ? links : []).map((link) => link?.['@odata.id']).filter(isPath);
    const members = paths.map((path) => {
      const reset = resetOf(get(path));
      if (reset) cache(path, bytes(JSON.stringify(reset)), CACHE_MS);
      return {
        subject: { kind: 'node', id: path },
        name: path.replace(/\/+$/, '').split('/').pop(),
        parent: undefined,
        abilities: (reset?.values ?? []).map((value) => ({ ...RESETS[value], advertised: true })),
        facts: [],
      };
    });
    return { identity: [], pace: { parallel: 1, gapMs: 0, settleMs: 0, pollMs: 0 }, members };
  },

  observe(of) {
    const resource = get(of.id);
    const raw = typeof resource.PowerState === 'string' ? resource.PowerState : '';
    const since = resource.LastResetTime;
    return {
      state: Object.hasOwn(STATES, raw) ? STATES[raw] : 'unknown',
      raw,
      evidence: since ? [{ name: 'last-reset-time', value: String(since) }] : [],
      facts: [],
    };
  },

  act(on, what) {
    const known = cached(on.id);
    const reset = known ? parse(known) : resetOf(get(on.id));
    const value = reset?.values.find((name) => RESETS[name].what === what);
    if (!value) fail('not-supported', `${on.id} does not offer ${what}`);
    // The one changing request of this call. Whatever becomes of it, nothing else is tried.
    const response = ask(change, 'post', reset.target, { ResetType: value });
    if (!succeeded(response)) refused(response);
    const location = header(response, 'location');
    return response.status === 202 && isPath(location)
      ? { tag: 'pending', val: { handle: location, pollAfterMs: POLL_MS } }
      : { tag: 'accepted' };
  },

  poll(handle) {
    if (!isPath(handle)) return { tag: 'gone' };
    const response = ask(read, 'get', handle);
    if (response.status === 202) return { tag: 'running', val: { handle, pollAfterMs: POLL_MS } };
    if (response.status === 404 || response.status === 410) return { tag: 'gone' };
    if (!succeeded(response)) refused(response);
    return { tag: 'done' };
  },
};
