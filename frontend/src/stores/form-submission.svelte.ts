import { Problem } from '../net/problem';

/** One thing that somebody tries to do, and what became of it. */
export class FormSubmission {
  isBusy = $state(false);
  /** It was done the last time. */
  isDone = $state(false);
  problem = $state.raw<Problem | null>(null);

  /** What is wrong with a field, or null. */
  fieldError(field: string): string | null {
    return this.problem?.errors[field]?.join(' ') ?? null;
  }

  /** What is wrong, unless one of these fields says so itself. */
  generalError(...fields: readonly string[]): string | null {
    const isShownAtField = fields.some((field) => this.problem?.errors[field]);
    return isShownAtField ? null : (this.problem?.message ?? null);
  }

  /** Resolves to what was answered, or undefined where it failed. */
  async run<T>(request: () => Promise<T>): Promise<T | undefined> {
    this.isBusy = true;
    this.isDone = false;
    this.problem = null;
    try {
      const response = await request();
      this.isDone = true;
      return response;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = error;
      return undefined;
    } finally {
      this.isBusy = false;
    }
  }
}
