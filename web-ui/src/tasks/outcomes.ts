/** What became of a component, in a sentence. Failures have words of their own. */
const TOLD: Readonly<Record<string, string>> = {
  verified: 'a reading after the send shows it',
  already: 'it was so; nothing was sent',
  unproven: 'the controller accepted it, and nothing can show it',
  superseded: 'a later request took its place',
  cancelled: 'cancelled before anything was sent',
  'cancelled-after-send': 'cancelled after something was sent; what was accepted happens',
  uncertain: 'whether it was carried out is not known',
  'timed-out': 'the time was over before a reading showed it',
};

/** The sentence for an outcome; otherwise what the service says, which is in the words of version 1. */
export const outcomeText = (outcome: string, said: string): string => TOLD[outcome] ?? said;
