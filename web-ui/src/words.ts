/** The words of the service with their colours and glyphs. A state is always told by all three. */

export type Tone = 'good' | 'quiet' | 'moving' | 'waiting' | 'bad' | 'doubt';
export type Glyph =
  | 'disc'
  | 'ring'
  | 'rising'
  | 'falling'
  | 'bars'
  | 'question'
  | 'check'
  | 'cross'
  | 'clock'
  | 'arrow'
  | 'slash'
  | 'alert'
  | 'dots'
  | 'about';

export interface Word {
  readonly text: string;
  readonly glyph: Glyph;
  readonly tone: Tone;
}

const word = (text: string, glyph: Glyph, tone: Tone): Word => ({ text, glyph, tone });

const POWER: Readonly<Record<string, Word>> = {
  on: word('on', 'disc', 'good'),
  off: word('off', 'ring', 'quiet'),
  'powering-on': word('powering on', 'rising', 'moving'),
  'powering-off': word('powering off', 'falling', 'moving'),
  paused: word('paused', 'bars', 'waiting'),
  asleep: word('asleep', 'bars', 'quiet'),
  unknown: word('unknown', 'question', 'doubt'),
};

const PHASES: Readonly<Record<string, Word>> = {
  queued: word('queued', 'clock', 'waiting'),
  paused: word('paused', 'bars', 'waiting'),
  preparing: word('preparing', 'dots', 'moving'),
  reserving: word('reserving', 'dots', 'moving'),
  backoff: word('retrying', 'clock', 'waiting'),
  intent: word('sending', 'arrow', 'moving'),
  pending: word('accepted', 'arrow', 'moving'),
  verifying: word('verifying', 'dots', 'moving'),
  refused: word('refused', 'alert', 'bad'),
  closing: word('closing', 'dots', 'moving'),
  done: word('done', 'check', 'quiet'),
};

const OUTCOMES: Readonly<Record<string, Word>> = {
  verified: word('verified', 'check', 'good'),
  already: word('already', 'check', 'good'),
  unproven: word('unproven', 'about', 'good'),
  failed: word('failed', 'cross', 'bad'),
  refused: word('refused', 'cross', 'bad'),
  'timed-out': word('timed out', 'clock', 'bad'),
  superseded: word('superseded', 'arrow', 'quiet'),
  cancelled: word('cancelled', 'slash', 'quiet'),
  'cancelled-after-send': word('cancelled after send', 'slash', 'quiet'),
  uncertain: word('uncertain', 'question', 'doubt'),
};

const FLAGS: Readonly<Record<string, Word>> = {
  drift: word('drift', 'about', 'waiting'),
  held: word('held', 'bars', 'waiting'),
  failed: word('failed', 'cross', 'bad'),
  uncertain: word('uncertain', 'question', 'doubt'),
  'flip-flop': word('flip-flop', 'alert', 'waiting'),
  'endpoint-open': word('controller away', 'alert', 'bad'),
};

/** A word that a newer service may say is shown as it is, without pretending to know what it means. */
const find = (words: Readonly<Record<string, Word>>, name: string): Word =>
  words[name] ?? word(name, 'question', 'quiet');

export const power = (state: string): Word => find(POWER, state);
export const phase = (name: string): Word => find(PHASES, name);
export const outcome = (name: string): Word => find(OUTCOMES, name);
export const flag = (name: string): Word => find(FLAGS, name);

/** The order in which phases and outcomes are told: what is proven first, what is still to come last. */
export const PHASE_ORDER = [
  'verifying',
  'pending',
  'intent',
  'preparing',
  'reserving',
  'backoff',
  'refused',
  'closing',
  'paused',
  'queued',
];
export const OUTCOME_ORDER = Object.keys(OUTCOMES);
