import type { Member } from '../api/types';
import { withClock } from '../tasks/moments';
import { outcomeText } from '../tasks/outcomes';

/** The id of a task says nothing to people. */
const readable = (text: string) => withClock(text).replace(/\btask [0-9a-f-]{36}/, 'an earlier task');

/** What a component of a transition waits for, was told or has become. */
export function memberWords({ failure, waitingFor, departed, outcome, description }: Member): string {
  if (failure != null) return withClock(failure.text);
  if (waitingFor != null) return `waits for ${readable(waitingFor.text)}`;
  if (departed === true) return 'goes on for another request';
  return outcome == null ? '' : outcomeText(outcome, description);
}
