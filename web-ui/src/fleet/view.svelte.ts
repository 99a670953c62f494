import type { Live } from '../stream/live.svelte';
import { answer, NOTHING_ANSWERED, only, type Answered } from './answers';
import { matches, parseFilter, type Answers } from './filter';
import type { Row } from './frame';
import { arrange, BY_ID, isOutdated, nextSort, orderOf, type Sort, type Sorted } from './order';
import { Selection } from './selection.svelte';

/** The fleet as it is looked at: narrowed by the filter, sorted, and with what is selected of it. */
export class FleetView {
  readonly selection = new Selection();
  sort = $state.raw<Sort>(BY_ID);
  /** Whether rows no longer stand in the order of the sort, which waits because somebody is about to hit one of them. */
  outdated = $state(false);
  /** Whether the pointer is over the rows. */
  hovered = $state(false);
  /** Whether a row has the focus of the keyboard. */
  focused = $state(false);
  /** Why a word could not be asked of the service. */
  unanswered = $state<string | null>(null);

  readonly #live: Live;
  readonly #text: () => string;
  #answers = $state.raw<Answered>(NOTHING_ANSWERED);
  /** The words that were answered since this snapshot came. */
  #answered: readonly string[] = [];
  #snapshot = 0;
  #order = $state.raw<readonly number[] | null>(null);

  /** What the service said of the words that only it knows. */
  readonly answers: Answers = (word) => this.#answers.get(word);
  readonly parsed = $derived.by(() => parseFilter(this.#text(), this.answers));
  readonly problems = $derived.by(() =>
    this.unanswered === null ? this.parsed.problems : [...this.parsed.problems, this.unanswered],
  );
  /** Whether the service has yet to say for what a word of the filter holds. */
  readonly waiting = $derived.by(() => this.parsed.asked.some((word) => !this.#answers.has(word)));
  /** What matches, in the order of the table. */
  readonly rows = $derived.by((): readonly Row[] => {
    const all = this.#live.fleet.rows;
    const arranged = this.#order === null ? all : arrange(all, this.#order);
    const parsed = this.parsed;
    return parsed.terms.length === 0 ? arranged : arranged.filter((row) => matches(parsed, row));
  });
  /** Of what matches, how many components a request for all of it is about: BMCs only when the filter asks for kinds. */
  readonly switchable = $derived.by(() => {
    if (this.parsed.asksForKinds) return this.rows.length;
    let count = 0;
    for (const row of this.rows) if (row.kind !== 'controller') count += 1;
    return count;
  });
  readonly #frozen = $derived.by(() => this.hovered || this.focused || this.selection.some);

  constructor(live: Live, text: () => string) {
    this.#live = live;
    this.#text = text;
  }

  /** Whether a row that matches is selected. */
  isSelected(row: Row): boolean {
    if (this.selection.matching === null) return this.selection.ticked.has(row.id);
    return this.parsed.asksForKinds || row.kind !== 'controller';
  }

  sortBy(column: Sorted): void {
    this.sort = nextSort(this.sort, column);
    this.sortAgain();
  }

  sortAgain(): void {
    this.#order = this.sort === BY_ID ? null : orderOf(this.#live.fleet.rows, this.sort);
    this.outdated = false;
  }

  /** Sees to it that the order is not old for long, unless somebody is about to hit a row. */
  keepOrder(): void {
    if (this.#order === null) return;
    const grown = this.#order.length !== this.#live.fleet.rows.length;
    if (!grown && !isOutdated(this.rows, this.sort)) this.outdated = false;
    else if (this.#frozen) this.outdated = true;
    else this.sortAgain();
  }

  /**
   * Asks the service about the words that the stream does not answer, once for every snapshot. What it said before holds until it has
   * said it anew.
   */
  async ask(words: readonly string[], signal: AbortSignal): Promise<void> {
    const snapshot = this.#live.fleet.snapshots;
    if (snapshot === 0) return;
    this.unanswered = null;
    if (snapshot !== this.#snapshot) this.#forget(words, snapshot);
    for (const word of words) {
      if (this.#answered.includes(word)) continue;
      try {
        const answers = await answer(this.#answers, word, signal);
        this.#answered = [...this.#answered, word];
        this.#answers = answers;
      } catch (error) {
        if (signal.aborted) return;
        const why = error instanceof Error ? error.message : String(error);
        this.unanswered = `${word} could not be asked: ${why}`;
      }
    }
  }

  /** Nothing that was said before this snapshot is taken for what is so now; what is looked at goes on being shown. */
  #forget(but: readonly string[], snapshot: number): void {
    this.#snapshot = snapshot;
    this.#answered = [];
    const kept = only(this.#answers, but);
    if (kept.size < this.#answers.size) this.#answers = kept;
  }
}
