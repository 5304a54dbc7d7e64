/** What stays in use beside a view that covers the page: announcements, messages and dialogs. */
const KEPT = '[aria-live], [role="status"], [role="region"], dialog, style, script';

/** Keep the focus out of everything but one element. Returns a function that ends it. */
export function makeOthersInert(element: HTMLElement): () => void {
  const others: HTMLElement[] = [];
  for (let inner = element; inner.parentElement; inner = inner.parentElement) {
    for (const sibling of inner.parentElement.children) {
      const isOther = sibling !== inner && sibling instanceof HTMLElement && !sibling.inert;
      if (isOther && !sibling.matches(KEPT)) others.push(sibling);
    }
  }
  for (const other of others) other.inert = true;
  return () => {
    for (const other of others) other.inert = false;
  };
}
