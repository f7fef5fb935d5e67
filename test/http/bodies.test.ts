import { describe, expect, test } from "bun:test";
import { Bodies } from "../../src/http/bodies.ts";

describe("Bodies", () => {
  test("have room together for as much as is said, of one client for a quarter of it", () => {
    const bodies = new Bodies(100, 10);
    const rooms = ["a", "b", "c", "d"].map((client) => bodies.roomFor(client));
    for (const room of rooms) room.take(25);
    expect(() => bodies.roomFor("e").take(1)).toThrow("Cannot read the body");
    rooms[0]?.free();
    bodies.roomFor("e").take(25);
    expect(() => bodies.roomFor("e").take(1)).toThrow("Cannot read the body");
  });

  test("of one client leave room for others, and have room for one that is as large as allowed", () => {
    const bodies = new Bodies(100, 60);
    bodies.roomFor("a").take(60);
    expect(() => bodies.roomFor("a").take(1)).toThrow("Cannot read the body");
    bodies.roomFor("b").take(40);
  });

  test("have room for the first one, however little there is", () => {
    const bodies = new Bodies(10, 50);
    const room = bodies.roomFor("a");
    room.take(30);
    room.take(20);
    expect(() => bodies.roomFor("b").take(1)).toThrow("Cannot read the body");
    room.free();
    bodies.roomFor("b").take(50);
  });

  test("are freed once, also where nothing was taken", () => {
    const bodies = new Bodies(100, 10);
    const room = bodies.roomFor("a");
    room.free();
    room.take(5);
    room.take(5);
    room.free();
    room.free();
    for (const client of ["a", "b", "c", "d"]) bodies.roomFor(client).take(25);
    expect(() => bodies.roomFor("e").take(1)).toThrow("Cannot read the body");
  });
});
