import { describe, expect, it } from "vitest";
import type { Column } from "./column.ts";
import { type Format, Printer } from "./printer.ts";

interface Thing {
  readonly id: string;
  readonly name: string;
  readonly is_ready: boolean | null;
  readonly hidden: { readonly deep: number };
}

const COLUMNS: readonly Column<Thing>[] = [{ name: "id" }, { name: "name" }, { name: "is_ready" }];
const THINGS: readonly Thing[] = [
  { id: "6f8f57715090da2632453988d9a1501b", name: 'web, "one"', is_ready: true, hidden: { deep: 1 } },
  { id: "4ac51ffbbc8d42aca35a30c676872a05", name: "データベース", is_ready: null, hidden: { deep: 2 } },
];

const clock = { now: () => Date.parse("2026-03-01T12:00:00Z"), sleep: async () => {} };

function printed(
  format: Format,
  picks: readonly string[],
  show: (printer: Printer) => void,
  terminal: { readonly columns?: number; readonly NO_COLOR?: string } = {},
): string {
  let text = "";
  const stdout = {
    write: (more: string) => {
      text += more;
    },
    isTTY: terminal.columns !== undefined,
    columns: terminal.columns,
  };
  show(new Printer({ stdout, env: { NO_COLOR: terminal.NO_COLOR }, clock }, { format, picks }));
  return text;
}

const list = (format: Format, picks: readonly string[] = [], terminal = {}) =>
  printed(format, picks, (printer) => printer.list(THINGS, COLUMNS), terminal);

describe("a list with sentences", () => {
  const columns: readonly Column<{ readonly check: string; readonly reason: string }>[] = [
    { name: "check" },
    { name: "reason", isWrapped: true },
  ];
  const items = [
    { check: "mapping.network_unmapped", reason: "Network 6f8f57715090da2632453988d9a1501b is not mapped to site-b." },
    { check: "peer", reason: "Keystone answers." },
  ];
  const shownAt = (terminal: { readonly columns?: number; readonly NO_COLOR?: string }) =>
    printed("table", [], (printer) => printer.list(items, columns), terminal);

  it("goes on in further lines on a terminal: no word of them is cut", () => {
    expect(shownAt({ columns: 50, NO_COLOR: "1" })).toBe(
      [
        "CHECK                     REASON",
        "mapping.network_unmapped  Network",
        "                          6f8f57715090da2632453988",
        "                          d9a1501b",
        "                          is not mapped to site-b.",
        "peer                      Keystone answers.",
        "",
      ].join("\n"),
    );
  });

  it("is one line for each where nobody looks at a terminal", () => {
    expect(shownAt({}).split("\n")).toHaveLength(4);
  });
});

describe("a list", () => {
  it("is aligned by the cells that characters take", () => {
    expect(list("table")).toBe(
      [
        "ID                                NAME          READY",
        '6f8f57715090da2632453988d9a1501b  web, "one"    yes',
        "4ac51ffbbc8d42aca35a30c676872a05  データベース",
        "",
      ].join("\n"),
    );
  });

  it("of named columns fits the terminal: the widest gives way, ids never", () => {
    const shown = list("table", ["id", "name", "is_ready"], { columns: 50, NO_COLOR: "1" });
    expect(shown).toBe(
      [
        "ID                                NAME       READY",
        '6f8f57715090da2632453988d9a1501b  web, "on…  yes',
        "4ac51ffbbc8d42aca35a30c676872a05  データベ…",
        "",
      ].join("\n"),
    );
  });

  it("has colours only on a terminal, and never with NO_COLOR", () => {
    const colour = "\u001b[";
    expect(list("table", [], { columns: 100 })).toContain(colour);
    expect(list("table", [], { columns: 100, NO_COLOR: "1" })).not.toContain(colour);
    expect(list("table")).not.toContain(colour);
  });

  it("is the API's own resources as json and yaml, whole unless columns are picked", () => {
    expect(JSON.parse(list("json"))).toEqual(THINGS);
    expect(JSON.parse(list("json", ["name"]))).toEqual([{ name: 'web, "one"' }, { name: "データベース" }]);
    expect(list("yaml", ["id"])).toBe(
      "- id: 6f8f57715090da2632453988d9a1501b\n- id: 4ac51ffbbc8d42aca35a30c676872a05\n",
    );
  });

  it("is quoted csv and bare values", () => {
    expect(list("csv", ["name", "is_ready"])).toBe('name,is_ready\n"web, ""one""",yes\nデータベース,\n');
    expect(list("value", ["name"])).toBe('web, "one"\nデータベース\n');
  });

  it("takes columns by any of their spellings, and any field of the resource", () => {
    expect(list("value", ["Is Ready", "READY", "hidden"])).toBe('yes yes {"deep":1}\n  {"deep":2}\n');
    expect(() => list("table", ["nosuch"])).toThrow('No column "nosuch". Columns: id, name, is_ready, hidden');
  });
});

describe("a record", () => {
  const record = (format: Format, terminal = {}) =>
    printed(
      format,
      [],
      (printer) =>
        printer.record({ ...THINGS[0], name: "a b c d e f g h i j k l m n" }, [{ name: "id" }, { name: "name" }]),
      terminal,
    );

  it("has a line per field, long ones broken at blanks", () => {
    expect(record("table", { columns: 26, NO_COLOR: "1" })).toBe(
      "id    6f8f57715090da2632453988d9a1501b\nname  a b c d e f g h i j\n      k l m n\n",
    );
  });

  it("is one object, or one line of values per field", () => {
    expect(JSON.parse(record("json"))).toMatchObject({ is_ready: true });
    expect(record("value")).toBe("6f8f57715090da2632453988d9a1501b\na b c d e f g h i j k l m n\n");
  });
});

describe("the exchange with openstackclient", () => {
  it("gives each cell as the API has it, with what people read where that differs", () => {
    const columns: readonly Column<Thing>[] = [
      { name: "name" },
      { name: "is_ready", cell: () => "50 %" },
      { name: "hidden" },
      { name: "made", cell: ({ id }) => id.slice(0, 2) },
    ];
    const shown = printed("exchange", [], (printer) => printer.list([THINGS[0] as Thing], columns));
    expect(JSON.parse(shown)).toEqual({
      kind: "list",
      columns: ["name", "is_ready", "hidden", "made"],
      rows: [['web, "one"', { value: true, text: "50 %" }, { value: { deep: 1 }, text: '{"deep":1}' }, "6f"]],
    });
  });

  it("tells what belongs around a result only when people read it", () => {
    const told = (isForPeople: boolean) => {
      let text = "";
      const stdout = {
        write: (more: string) => {
          text += more;
        },
      };
      new Printer({ stdout, env: {}, clock }, { format: "exchange", picks: [], isForPeople }).tell(
        "Sync Status: IN SYNC\n",
      );
      return text;
    };
    expect([told(true), told(false)]).toEqual(['{"text":"Sync Status: IN SYNC\\n"}\n', ""]);
  });
});

describe("a list of many ids", () => {
  const id = "4ac51ffbbc8d42aca35a30c676872a05";
  const columns: readonly Column<{ id: string; status: string; home: string; peer: string }>[] = [
    { name: "id" },
    { name: "status" },
    { name: "home" },
    { name: "peer" },
  ];
  const items = [{ id, status: "failed_over", home: id, peer: id }];

  it("fits the terminal: further ids give way before a state does, the row's own never", () => {
    const text = printed("table", [], (printer) => printer.list(items, columns), { columns: 80, NO_COLOR: "1" });
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(text).toContain(`${id}  failed_over  4ac51ff`);
  });
});

describe("a list with more columns than there is room for", () => {
  const id = "4ac51ffbbc8d42aca35a30c676872a05";
  const item = { id, name: "shop", status: "completed_with_errors", member_count: 2, site: "site-a" };
  const columns: readonly Column<Partial<typeof item>>[] = [
    { name: "id" },
    { name: "status" },
    { name: "site", isMinor: true },
    { name: "member_count" },
  ];
  const shownAt = (width: number, picks: readonly string[] = []) =>
    printed("table", picks, (printer) => printer.list([item], columns), {
      columns: width,
      NO_COLOR: "1",
    }).split("\n");

  it("breaks titles before it leaves anything out", () => {
    expect(shownAt(72)).toEqual([
      `${" ".repeat(65)}MEMBER`,
      "ID                                STATUS                 SITE    COUNT",
      `${id}  completed_with_errors  site-a  2`,
      "",
    ]);
  });

  it("leaves out minor ones first, never cuts a state beyond recognition, and says what is missing", () => {
    expect(shownAt(60)).toEqual([
      `${" ".repeat(54)}MEMBER`,
      "ID                                STATUS              COUNT",
      `${id}  completed_with_er…  2`,
      "No room for: site. Name columns with -c, or make the",
      "terminal wider.",
      "",
    ]);
  });

  it("gives up ids where there are names", () => {
    const text = printed("table", [], (printer) => printer.list([item], [...columns, { name: "name" }]), {
      columns: 60,
      NO_COLOR: "1",
    });
    expect(text).toMatch(/^STATUS +SITE +MEMBER COUNT +NAME\n/);
    expect(text).toContain("No room for: id.");
  });

  it("shows all that was named with -c", () => {
    expect(shownAt(40, ["id", "site"])[0]).toContain("SITE");
  });
});

describe("times", () => {
  const columns: readonly Column<{ readonly created_at: string | null }>[] = [{ name: "created_at", isTime: true }];
  const items = [{ created_at: "2026-03-01T11:57:00.123456Z" }, { created_at: null }];
  const [first] = items;

  it("are told as how long ago in a list on a terminal, and whole everywhere else", () => {
    const shown = (format: Format, terminal = {}) =>
      printed(format, [], (printer) => printer.list(items, columns), { NO_COLOR: "1", ...terminal });
    expect(shown("table", { columns: 80 })).toBe("CREATED AT\n3m ago\n\n");
    expect(shown("table")).toBe("CREATED AT\n2026-03-01T11:57:00Z\n\n");
    expect(shown("csv", { columns: 80 })).toBe("created_at\n2026-03-01T11:57:00Z\n\n");
  });

  it("are told both ways in a record on a terminal", () => {
    const shown = (terminal = {}) =>
      printed("table", [], (printer) => printer.record(first ?? { created_at: null }, columns), {
        NO_COLOR: "1",
        ...terminal,
      });
    expect(shown({ columns: 80 })).toBe("created_at  2026-03-01T11:57:00Z (3m ago)\n");
    expect(shown()).toBe("created_at  2026-03-01T11:57:00Z\n");
  });
});
