/**
 * The commands that a page tells its reader to type, in order.
 * @param page Markdown.
 * @param section title of a part of it (`## title`).
 * @throws Error when there is no such part, or it has no commands.
 */
export function commandsOf(page: string, section: string): readonly string[] {
  const part = page.split(/^## /m).find((text) => text.startsWith(`${section}\n`));
  const block = /^```sh\n(.*?)^```/ms.exec(part ?? "")?.[1];
  if (block === undefined) throw new Error(`The page has no commands in a part "${section}".`);
  return block
    .replaceAll(/ *\\\n */g, " ")
    .split("\n")
    .filter((line) => line !== "");
}
