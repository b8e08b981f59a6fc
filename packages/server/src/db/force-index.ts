import {
  IdentifierNode,
  type KyselyPlugin,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryResult,
  RawNode,
  type RootOperationNode,
  SelectQueryNode,
  type UnknownRow,
} from "kysely";

/** Writes MariaDB's `FORCE INDEX (name)` after the first table of a select. */
export class ForceIndex implements KyselyPlugin {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    if (!SelectQueryNode.is(node) || !node.from) return node;
    const [table, ...others] = node.from.froms;
    if (!table) return node;
    const forced = RawNode.create(["", " force index (", ")"], [table, IdentifierNode.create(this.#name)]);
    return { ...node, from: { ...node.from, froms: [forced, ...others] } };
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return result;
  }
}
