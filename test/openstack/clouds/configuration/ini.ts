/** Sections of a configuration file in oslo.config's dialect. */
export type Ini = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

/** Text of a configuration file; sections and options in their order. */
export function iniText(ini: Ini): string {
  return Object.entries(ini)
    .map(([section, options]) => {
      const lines = Object.entries(options).map(([name, value]) => `${name} = ${value}`);
      return [`[${section}]`, ...lines, ""].join("\n");
    })
    .join("\n");
}
