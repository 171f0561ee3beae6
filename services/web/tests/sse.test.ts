import { beforeEach, describe, expect, it } from "vitest";

import { sseParser, type ServerEvent } from "../src/sse";

let heard: ServerEvent[];
let retries: number[];
let places: string[];
let parse: (text: string) => void;

beforeEach(() => {
  heard = [];
  retries = [];
  places = [];
  parse = sseParser({
    event: (event) => heard.push(event),
    place: (id) => places.push(id),
    retry: (milliseconds) => retries.push(milliseconds),
  });
});

describe("server-sent events", () => {
  it("are read by name, data and id", () => {
    parse('retry: 2000\n\nevent: ready\ndata: {"user_id":"u"}\n\n');
    parse('event: change\nid: 7-1\ndata: {"kind":"task"}\n\n');
    expect(retries).toEqual([2000]);
    expect(heard).toEqual([
      { event: "ready", data: '{"user_id":"u"}', id: "" },
      { event: "change", data: '{"kind":"task"}', id: "7-1" },
    ]);
  });

  it("come in pieces that end anywhere, with any ends of lines", () => {
    const text = "\uFEFFid: 1\r\ndata: one\r\n\r\n: heartbeat\r\rdata: two\rdata: more\r\revent: x\ndata\n\n";
    for (const letter of text) parse(letter);
    expect(heard).toEqual([
      { event: "message", data: "one", id: "1" },
      { event: "message", data: "two\nmore", id: "1" },
      { event: "x", data: "", id: "1" },
    ]);
  });

  it("are none without data, and unfinished ones are not told", () => {
    parse(": heartbeat\n\nevent: x\n\nid: 2\n\ndata: half");
    expect(heard).toEqual([]);
    parse("\n\n");
    expect(heard).toEqual([{ event: "message", data: "half", id: "2" }]);
  });

  it("tell where to go on from, also in a heartbeat", () => {
    parse(": heartbeat\nid: 2\n\n");
    expect(places).toEqual(["2"]);
    expect(heard).toEqual([]);
  });

  it("ignore what the standard ignores", () => {
    parse("id: a\0b\nretry: soon\nunknown: x\ndata:no space\n\n");
    expect(heard).toEqual([{ event: "message", data: "no space", id: "" }]);
    expect(retries).toEqual([]);
  });
});
