import { expect, test } from "bun:test";
import { addDamage, NO_DAMAGE, worseDamage } from "../../src/task/damage.ts";

const one = { isTold: true, isFilled: false, speakers: ["flv"], failures: { 0: 2, 1: 5 } };
const other = { isTold: true, isFilled: true, speakers: ["flv", "h264"], failures: { 0: 3 } };

test("addDamage adds up what slices of a source lost", () => {
  const both = {
    isTold: true,
    isFilled: true,
    speakers: ["flv", "h264"],
    failures: { 0: 5, 1: 5 },
  };
  expect(addDamage(one, other)).toEqual(both);
  expect(addDamage(NO_DAMAGE, one)).toEqual(one);
});

test("worseDamage takes the same loss once, however often it was decoded", () => {
  const worse = {
    isTold: true,
    isFilled: true,
    speakers: ["flv", "h264"],
    failures: { 0: 3, 1: 5 },
  };
  expect(worseDamage(one, other)).toEqual(worse);
});
