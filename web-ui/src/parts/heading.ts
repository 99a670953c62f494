/**
 * Leads the focus to the heading of a view that was navigated to, once it is there. Who has moved the focus by then is left alone. The
 * function returned calls it off.
 */
export function focusHeading(main: HTMLElement): () => void {
  const from = document.activeElement;
  const watch = new MutationObserver(lead);
  watch.observe(main, { childList: true, subtree: true });
  lead();

  function lead() {
    const heading = main.querySelector<HTMLElement>('h1');
    if (heading === null) return;
    watch.disconnect();
    const at = document.activeElement;
    if (at !== from && at !== document.body) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  return () => {
    watch.disconnect();
  };
}
