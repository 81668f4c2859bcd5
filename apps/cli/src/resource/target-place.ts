/** A resource, an object of it, or an object of a resource that is named elsewhere. */
export interface TargetPlace {
  /** As `findResource` takes it; undefined for a path alone. */
  readonly resource: string | undefined;
  /** Raw path and query; undefined where a resource is named and nothing of it. */
  readonly target: string | undefined;
}

/** Reads a URL, a host with a path, a path, or what names a resource. */
export function placeOf(text: string): TargetPlace {
  const [, site = '', rest = ''] = /^((?:[a-z][a-z0-9+.-]*:\/\/)?[^/?#]*)([^#]*)/i.exec(text) ?? [];
  const resource = site === '' ? undefined : site;
  if (rest === '') return { resource, target: undefined };
  return { resource, target: encodedTarget(rest.startsWith('/') ? rest : `/${rest}`) };
}

/** As a browser would ask for it: what no request line can have is escaped, all else is left as it is. */
function encodedTarget(target: string): string {
  return target.toWellFormed().replaceAll(/[^!-~]/gu, (char) => encodeURIComponent(char));
}
