import { expect, test } from "bun:test";
import { nameOf } from "../../../src/ui/base/format.js";

test.each([
  ["films/a%20b.mp4", "a b.mp4"],
  ["https://cdn.example/x/film.mp4?sig=a/b#t", "film.mp4"],
  ["film 100%.mp4", "film 100%.mp4"],
  ["s3://out/set/", "set"],
])("nameOf(%s) is what people know it by", (address, name) => {
  expect(nameOf(address)).toBe(name);
});
