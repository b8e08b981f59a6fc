import { expect, test } from "vitest";
import { poolsWithout } from "./address-pools.ts";

const pool = { start: "10.1.0.10", end: "10.1.0.20" };

test("an address inside a pool splits it, one at its edge shortens it, one outside changes nothing", () => {
  expect(poolsWithout([pool], ["10.1.0.12", "10.1.0.20", "10.1.0.99", "10.1.0.12"])).toEqual([
    { start: "10.1.0.10", end: "10.1.0.11" },
    { start: "10.1.0.13", end: "10.1.0.19" },
  ]);
});

test("a pool whose addresses are all taken is gone", () => {
  expect(poolsWithout([{ start: "10.1.0.1", end: "10.1.0.2" }], ["10.1.0.1", "10.1.0.2"])).toEqual([]);
});

test("neighbouring networks are told apart above the last byte", () => {
  expect(poolsWithout([{ start: "10.0.255.254", end: "10.1.0.2" }], ["10.1.0.0"])).toEqual([
    { start: "10.0.255.254", end: "10.0.255.255" },
    { start: "10.1.0.1", end: "10.1.0.2" },
  ]);
});

test("IPv6 pools stay whole", () => {
  const six = { start: "fd00::2", end: "fd00::ffff" };
  expect(poolsWithout([six], ["fd00::5", "10.1.0.12"])).toEqual([six]);
});
