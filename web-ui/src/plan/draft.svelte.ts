import { change, newKey, Refused } from '../api/client';
import type { Plan, Problem, TransitionRequest } from '../api/types';
import type { Ask } from './planner.svelte';

/** The most components whose work an operation ends without their number being typed. */
export const TYPED_ABOVE = 64;

/** What can be chosen for a request besides what it is about. */
export interface Options {
  readonly ifBusy: 'queue' | 'reject' | 'replace';
  readonly onRefused: 'reject' | 'skip';
  /** Names and set expressions in place of what was asked for: what is left of it. */
  readonly only: readonly string[] | null;
  readonly include: 'none' | 'parents' | 'children';
  readonly force: boolean;
  /** Minutes for each step; the empty text is the usual time. */
  readonly deadline: string;
  /** A number or a share of tasks, such as `5` or `5%`; the empty text is no limit. */
  readonly maxFailures: string;
}

const USUAL: Options = {
  ifBusy: 'queue',
  onRefused: 'reject',
  only: null,
  include: 'none',
  force: false,
  deadline: '',
  maxFailures: '',
};

/** Why something did not work, and what leads on. */
export interface Trouble {
  readonly problem: Pick<Problem, 'code' | 'detail' | 'hint' | 'problems' | 'transition'>;
  /** `anew`: another plan; `again`: the same request once more, which is safe; `look`: what the plan has become. */
  readonly next: 'anew' | 'again' | 'look' | 'nothing';
}

/** A plan on its way to be executed: what is asked for, what the service says to it, and what was chosen. */
export class Draft {
  operation = $state('');
  options = $state.raw<Options>(USUAL);
  plan = $state.raw<Plan | null>(null);
  trouble = $state.raw<Trouble | null>(null);
  state = $state<'making' | 'ready' | 'executing'>('making');
  /** When the plan came, by this machine's clock; its life is counted from here. */
  #madeAt = 0;
  readonly #ask: Ask;
  #making = new AbortController();
  #key = newKey();

  constructor(ask: Ask) {
    this.#ask = ask;
    this.operation = ask.operation;
  }

  choose(chosen: Partial<Options>): void {
    // What would fail is another with other relatives, and when it is forced.
    const anew = chosen.include !== undefined || chosen.force !== undefined;
    this.options = { ...this.options, ...(anew ? { only: null } : {}), ...chosen };
    void this.make();
  }

  perform(operation: string): void {
    this.operation = operation;
    this.options = { ...this.options, only: null };
    void this.make();
  }

  /** Asks for the plan; one that is asked for already is no longer waited for. */
  async make(): Promise<void> {
    this.#making.abort();
    const making = new AbortController();
    this.#making = making;
    this.state = 'making';
    this.trouble = null;
    try {
      const plan = await change<Plan>('POST', 'plans', this.request(), { signal: making.signal });
      this.plan = plan;
      this.#madeAt = Date.now();
      this.#key = newKey();
    } catch (error) {
      if (making.signal.aborted) return;
      // The plan before is kept on the screen, with the choices that can be taken back; it is not executed.
      this.trouble = { problem: told(error), next: isForGood(error) ? 'nothing' : 'anew' };
    }
    this.state = 'ready';
  }

  /** What the plan is asked with. What is as usual is left out, so that an older service takes the rest. */
  request(): TransitionRequest & { filter?: string; maxFailures?: string } {
    const { ifBusy, onRefused, only, include, force, deadline, maxFailures } = this.options;
    const { components, filter }: Pick<Ask, 'components' | 'filter'> =
      only === null ? this.#ask : { components: only };
    return {
      operation: this.operation,
      ...(components === undefined ? {} : { components: [...components] }),
      ...(filter === undefined ? {} : { filter }),
      ifBusy,
      onRefused,
      // The relatives that are wanted are among the names then.
      include: only === null ? include : 'none',
      force,
      ...(deadline === '' ? {} : { deadlineMinutes: Number(deadline) }),
      ...(maxFailures === '' ? {} : { maxFailures }),
    };
  }

  /** Whether the plan is too old to be executed. */
  expired(now: number): boolean {
    if (this.plan === null) return false;
    const life = Date.parse(this.plan.expiresAt) - Date.parse(this.plan.madeAt);
    return now - this.#madeAt >= life;
  }

  /** Executes what was confirmed and nothing else; the id of the transition, or null when it was refused. */
  async execute(reason: string): Promise<string | null> {
    if (this.plan === null) return null;
    const { id, expect } = this.plan;
    this.state = 'executing';
    this.trouble = null;
    try {
      const body = { plan: id, expect, confirm: true, ...(reason === '' ? {} : { reason }) };
      // A request that may have arrived is repeated with the same key, and carried out once.
      const transition = await change<{ id?: string }>('POST', 'transitions', body, {
        signal: new AbortController().signal,
        key: this.#key,
      });
      return transition.id ?? id;
    } catch (error) {
      this.trouble = { problem: told(error), next: nextOf(error) };
      this.state = 'ready';
      return null;
    }
  }

  close(): void {
    this.#making.abort();
  }
}

function told(error: unknown): Trouble['problem'] {
  if (error instanceof Refused) return error.problem;
  return {
    code: 'service.unreachable',
    detail: error instanceof Error ? `${error.message}` : String(error),
    hint: null,
  };
}

/** Whether another plan of the same would be refused as well. */
const isForGood = (error: unknown): boolean =>
  error instanceof Refused && error.problem.status < 500 && error.problem.status !== 429;

function nextOf(error: unknown): Trouble['next'] {
  if (!(error instanceof Refused)) return 'again';
  const { code, status } = error.problem;
  if (code === 'plan.executed') return 'look';
  if (status === 403 || status === 401) return 'nothing';
  return status >= 500 || status === 429 || code === 'idempotency.in-progress' ? 'again' : 'anew';
}
