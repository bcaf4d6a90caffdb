/** Files of an export as they lie in templates/, by their path there. The one import of Python in bellows. */
const FILES: ReadonlyMap<string, string> = new Map(
  Object.entries(
    import.meta.glob<string>("./templates/**/*", { query: "?raw", import: "default", eager: true }),
  ).map(([path, text]) => [path.replace("./templates/", ""), text]),
);

/** A file of templates/. Throws if there is none. */
export function template(path: string): string {
  const text = FILES.get(path);
  if (text === undefined) throw new Error(`no template ${path}`);
  return text;
}

/** A template with each `{{name}}` replaced. Throws for a name that is not given. */
export function fill(path: string, values: Readonly<Record<string, string>>): string {
  return template(path).replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`template ${path} wants ${name}`);
    return value;
  });
}
