import type { Http } from '../net/http';
import { messageOf } from '../net/problem';
import type { AlertTestResponse } from '../protocol/rest';

/** A test of the address to which alerts are posted. */
export class AlertTest {
  isRunning = $state(false);
  /** What became of the last test, in a sentence. Empty before the first one. */
  result = $state('');
  isBad = $state(false);

  constructor(private readonly http: Http) {}

  async run(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    this.result = '';
    try {
      const response = await this.http<AlertTestResponse>({
        method: 'POST',
        path: 'live/alerts/test/',
      });
      this.isBad = response.outcome !== 'delivered';
      this.result = sentenceOf(response);
    } catch (error) {
      this.isBad = true;
      this.result = messageOf(error);
    } finally {
      this.isRunning = false;
    }
  }
}

export function sentenceOf({ outcome, status, error }: AlertTestResponse): string {
  if (outcome === 'delivered') return `The address took the test (${status ?? ''}).`;
  if (status === null) return `The test did not reach the address (${error}).`;
  if (outcome === 'refused') return `The address refused the test with ${status}.`;
  return `The address answered the test with ${status}. Alerts are tried again for an hour.`;
}
