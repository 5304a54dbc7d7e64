import { describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { Component } from 'svelte';
import Lazy from '../../src/ui/Lazy.svelte';
import Breaking, { breaks } from './Breaking.svelte';
import { render } from './render';

const load = (): Promise<Component<Record<string, unknown>>> =>
  Promise.resolve(Breaking as Component<Record<string, unknown>>);

describe('a part that is loaded on demand', () => {
  it('PAG-22, PAG-40 says that it failed, reports it, and works after it is loaded again', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const fetched = vi
      .spyOn(globalThis, 'fetch')
      .mockResolvedValue(new Response(null, { status: 204 }));
    document.cookie = 'trolley_csrftoken=x';
    breaks.isBroken = true;
    render(Lazy, { from: load, props: {} });
    await expect.element(page.getByRole('alert')).toHaveTextContent('This part failed.');
    breaks.isBroken = false;
    await userEvent.click(page.getByRole('button', { name: 'Reload it' }));
    await expect.element(page.getByText('This part works.')).toBeVisible();
    await expect.element(page.getByRole('alert')).not.toBeInTheDocument();
    const [url, { method, body }] = fetched.mock.calls[0] as [string, RequestInit];
    expect([method, url]).toEqual(['POST', '/api/page-failures/']);
    expect(JSON.parse(body as string)).toMatchObject({
      name: 'Error',
      message: 'broken on purpose',
    });
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it('PAG-22 says that it cannot be loaded', async () => {
    const onClose = vi.fn();
    const from = (): Promise<never> => Promise.reject(new Error('no network'));
    render(Lazy, { from, props: {}, onClose });
    const failure = page.getByRole('dialog');
    await expect.element(failure).toHaveTextContent(/could not be loaded/);
    await userEvent.click(page.getByRole('button', { name: 'Close' }));
    await vi.waitFor(() => {
      expect(onClose).toHaveBeenCalledTimes(1);
    });
  });
});
