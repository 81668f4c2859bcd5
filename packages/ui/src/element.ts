/** What an element may be given: attributes by name, `on` handlers, and properties that have no attribute. */
export type ElementProps = Readonly<
  Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>
>;
export type Child = Node | string | number | null | undefined | false;

/**
 * An element with what is in it. Texts become text nodes, never markup: what somebody wrote is shown as they wrote it.
 * `true` sets an empty attribute, `false`, `null` and `undefined` set none; a function is a listener by its name without `on`.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: ElementProps = {},
  ...children: readonly (Child | readonly Child[])[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, String(value));
  }
  fill(element, ...children);
  return element;
}

/** Has it these children and no others. */
export function fill(element: Element, ...children: readonly (Child | readonly Child[])[]): void {
  element.replaceChildren(
    ...children
      .flat()
      .filter((child) => child !== null && child !== undefined && child !== false)
      .map((child) => (typeof child === 'number' ? String(child) : child)),
  );
}
