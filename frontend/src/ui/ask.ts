import { mount, unmount } from 'svelte';
import ConfirmSheet from './ConfirmSheet.svelte';

/** Ask before something that cannot be undone. Resolves to whether the user wants it. */
export function ask(question: string, action: string): Promise<boolean> {
  return new Promise((resolve) => {
    const onAnswer = (isWanted: boolean): void => {
      resolve(isWanted);
      void unmount(sheet);
    };
    const sheet = mount(ConfirmSheet, {
      target: document.body,
      props: { question, action, onAnswer },
    });
  });
}
