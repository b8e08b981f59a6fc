import { expect, test } from "vitest";
import { samePlaceIn } from "./addresses.ts";

test.each([
  ["10.10.0.11", "10.99.0.0/24", "10.99.0.11"],
  ["10.10.3.11", "172.16.8.0/22", "172.16.11.11"],
  ["10.10.0.11", "10.99.0.128/25", "10.99.0.139"],
  ["192.168.7.9", "10.0.0.0/8", "10.168.7.9"],
])("%s has the same place in %s as %s", (address, cidr, moved) => {
  expect(samePlaceIn(address, cidr)).toBe(moved);
});

test.each([
  ["10.10.1.0", "10.99.0.0/24", "it would be the network's own address"],
  ["10.10.1.255", "10.99.0.0/24", "it would be the broadcast address"],
  ["10.10.1.1", "10.99.0.0/31", "the range has no places"],
  ["2001:db8::7", "10.99.0.0/24", "it is of another family"],
  ["10.10.1.7", "2001:db8::/64", "the range is of another family"],
  ["10.10.1.7", "10.99.0.0", "the range has no length"],
])("%s has no place in %s: %s", (address, cidr) => {
  expect(samePlaceIn(address, cidr)).toBeUndefined();
});
