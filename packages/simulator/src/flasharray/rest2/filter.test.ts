import { describe, expect, it } from "vitest";
import { namesInFilter, parseFilter } from "./filter.ts";

const ITEM = {
  name: "Vol-1",
  provisioned: 1024,
  progress: 1,
  destroyed: false,
  is_local: true,
  pod: { name: "pod-a" },
  iqns: ["iqn.1", "iqn.2"],
  completed: null,
};

const passes = (filter: string) => parseFilter(filter)(ITEM);

describe("a filter", () => {
  it.each([
    "name='vol-1'",
    'name="VOL-1"',
    "name='vol-*'",
    "name=('x','vol-1')",
    "name != 'x'",
    "provisioned=1024",
    "provisioned>=1024 and provisioned<2000",
    'progress="1.0"',
    "pod.name='pod-a'",
    "iqns='iqn.2'",
    "is_local",
    "not destroyed",
    "not(destroyed) and is_local",
    "contains(name,'OL')",
    "name='x' or (name='vol-1' and is_local)",
    "name='x' and name='y' or is_local",
    "destroyed='false'",
  ])("lets the item pass: %s", (filter) => {
    expect(passes(filter)).toBe(true);
  });

  it.each([
    "name='vol'",
    "name!='vol-1'",
    "name=('x','y')",
    "provisioned>1024",
    "progress<'1.0'",
    "destroyed",
    "not is_local",
    "contains(name,'z')",
    "completed>0",
    "completed=0",
    "nothing='x'",
  ])("stops the item: %s", (filter) => {
    expect(passes(filter)).toBe(false);
  });

  it.each(["name=", "name='a", "(name='a'", "name='a' name='b'", "='a'", "name=('a'", "and", "name>>1"])(
    "is refused with 400 when it cannot be read: %s",
    (filter) => {
      expect(() => passes(filter)).toThrow(expect.objectContaining({ name: "RestError", status: 400 }));
    },
  );

  it("tells the names that it can let pass, when it speaks of nothing else", () => {
    expect(namesInFilter("name='a'")).toEqual(["a"]);
    expect(namesInFilter("name=('a','b*')")).toEqual(["a", "b*"]);
    expect(namesInFilter("name='a*' or name=('b','c') or name='d'")).toEqual(["a*", "b", "c", "d"]);
    expect(namesInFilter("name='a' or is_local")).toBeUndefined();
    expect(namesInFilter("name='a or b'")).toBeUndefined();
    expect(namesInFilter("not name='a'")).toBeUndefined();
    expect(namesInFilter(undefined)).toBeUndefined();
  });
});
