import { Problem, UNREACHABLE_STATUS } from '../net/problem';

/** The state of a request that the user started, and its result. */
export class FormSubmission {
  isBusy = $state(false);
  /** Whether the latest run succeeded. */
  isDone = $state(false);
  problem = $state.raw<Problem | null>(null);

  /** The error of a field, or null. */
  fieldError(field: string): string | null {
    return this.problem?.errors[field]?.join(' ') ?? null;
  }

  /** The general error, unless one of these fields shows its own error. */
  generalError(...fields: readonly string[]): string | null {
    const isShownAtField = fields.some((field) => this.problem?.errors[field]);
    return isShownAtField ? null : (this.problem?.message ?? null);
  }

  /** Forget the problem if it is only that the server did not answer. */
  forgetOutage(): void {
    if (this.problem?.status === UNREACHABLE_STATUS) this.problem = null;
  }

  /** Resolves to the response, or undefined if the request failed. */
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
