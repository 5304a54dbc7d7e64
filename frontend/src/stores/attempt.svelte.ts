import { Problem } from '../net/problem';

/** One thing that somebody tries to do, and what became of it. */
export class Attempt {
  busy = $state(false);
  /** It was done the last time. */
  done = $state(false);
  problem = $state.raw<Problem | null>(null);

  /** What is wrong with a field, or null. */
  of(field: string): string | null {
    return this.problem?.errors[field]?.join(' ') ?? null;
  }

  /** What is wrong, unless one of these fields says so itself. */
  but(...fields: readonly string[]): string | null {
    const told = fields.some((field) => this.problem?.errors[field]);
    return told ? null : (this.problem?.message ?? null);
  }

  /** Resolves to what was answered, or undefined where it failed. */
  async run<T>(what: () => Promise<T>): Promise<T | undefined> {
    this.busy = true;
    this.done = false;
    this.problem = null;
    try {
      const answer = await what();
      this.done = true;
      return answer;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = error;
      return undefined;
    } finally {
      this.busy = false;
    }
  }
}
